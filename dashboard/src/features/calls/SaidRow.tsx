import { Tooltip } from "@mantine/core";

import type { TranscriptItem } from "@/api/types";
import { PlayIcon } from "@/components/ui/icons";
import { Tag } from "@/components/ui/Tag";
import { clockTime } from "@/lib/format";
import classes from "./SaidRow.module.css";

interface SaidRowProps {
  item: TranscriptItem;
  speaker: string;
  /** It is the line that sounds in the recording now. */
  sounding: boolean;
  /** Plays the recording from a place in seconds; absent while there is none. */
  playFrom: ((time_s: number) => void) | undefined;
}

export function SaidRow({ item, speaker, sounding, playFrom }: SaidRowProps) {
  const at_s = item.at_ms / 1000;
  return (
    <div className={classes.said} data-role={item.role} data-sounding={sounding} aria-current={sounding || undefined}>
      <div className={classes.head}>
        <span className={classes.speaker}>{speaker}</span>
        {playFrom ? (
          <button
            type="button"
            className={classes.time}
            onClick={() => playFrom(at_s)}
            aria-label={`Play from ${clockTime(at_s)}`}
          >
            <PlayIcon size={11} />
            {clockTime(at_s)}
          </button>
        ) : (
          <span className={classes.time}>{clockTime(at_s)}</span>
        )}
        {item.source === "scripted" && (
          <Tooltip label="From the script of a sandbox person; not recognised speech.">
            <span className={classes.tag}>
              <Tag tone="quiet">scripted</Tag>
            </span>
          </Tooltip>
        )}
        {item.interrupted && (
          <Tooltip label="The other side cut this off.">
            <span className={classes.tag}>
              <Tag tone="wait">interrupted</Tag>
            </span>
          </Tooltip>
        )}
      </div>
      <p className={classes.text}>
        {item.text}
        {item.interrupted && " —"}
        {!item.final && <span className={classes.caret} aria-hidden="true" />}
      </p>
    </div>
  );
}
