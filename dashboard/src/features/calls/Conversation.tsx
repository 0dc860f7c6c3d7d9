import { Button } from "@mantine/core";

import type { CallDetail } from "@/api/types";
import { Card } from "@/components/ui/Card";
import { DownIcon } from "@/components/ui/icons";
import classes from "./Conversation.module.css";
import { itemAt, rowsOf } from "./conversation";
import { GapRow } from "./GapRow";
import { SaidRow } from "./SaidRow";
import { ToolRow } from "./ToolRow";
import { useFollow, useInSight } from "./useFollow";
import type { Playback } from "./usePlayback";
import type { Speakers } from "./words";

interface ConversationProps {
  call: CallDetail;
  playback: Playback;
  speakers: Speakers;
}

/** The talk as it was spoken, growing while the call lives; a click on a line plays it once there is a recording. */
export function Conversation({ call, playback, speakers }: ConversationProps) {
  const live = call.status !== "ended";
  const rows = rowsOf(call);
  const sounding = playback.time_s > 0 ? itemAt(call.transcript, playback.time_s) : undefined;
  const { box, away, toEnd } = useFollow(live);
  const list = useInSight(playback.playing ? sounding?.id : undefined);
  const playFrom = call.recordings.length > 0 ? playback.playFrom : undefined;

  return (
    <Card title="Conversation">
      {rows.length === 0 ? (
        <p className={classes.note}>{live ? WAITING[call.status] : "Nobody spoke in this call."}</p>
      ) : (
        <section
          ref={box}
          className={live ? classes.live : undefined}
          aria-label="Transcript"
          tabIndex={live ? 0 : undefined}
        >
          <ol ref={list} className={classes.rows}>
            {rows.map((row) => (
              <li key={row.key} data-item={row.kind === "said" ? row.item.id : undefined}>
                {row.kind === "said" && (
                  <SaidRow
                    item={row.item}
                    speaker={speakers[row.item.role]}
                    sounding={row.item === sounding}
                    playFrom={playFrom}
                  />
                )}
                {row.kind === "tool" && <ToolRow toolCall={row.toolCall} />}
                {row.kind === "gap" && <GapRow gap={row.gap} />}
              </li>
            ))}
          </ol>
        </section>
      )}
      {live && away && (
        <Button className={classes.toEnd} size="xs" radius="xl" leftSection={<DownIcon size={15} />} onClick={toEnd}>
          To the latest words
        </Button>
      )}
      {call.transcript.some((item) => item.source === "scripted") && (
        <p className={classes.footnote}>
          Words marked <i>scripted</i> are what a sandbox person was given to say, not recognised speech.
        </p>
      )}
    </Card>
  );
}

const WAITING: Record<CallDetail["status"], string> = {
  queued: "The call is waiting to be dialed. What is said will appear here, word by word.",
  dialing: "The number is being dialed. What is said will appear here, word by word.",
  ringing: "It rings. What is said will appear here, word by word.",
  answered: "Answered. The first words are on their way.",
  ended: "",
};
