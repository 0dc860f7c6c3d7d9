import { Loader } from "@mantine/core";
import type { ReactNode } from "react";

import type { ToolCall } from "@/api/types";
import { AlertIcon, CheckIcon, ToolIcon } from "@/components/ui/icons";
import { KeyValues } from "@/components/ui/KeyValues";
import { Tag, type Tone } from "@/components/ui/Tag";
import { clockTime, machineTime } from "@/lib/format";
import { asWords, fieldsOf } from "@/lib/words";
import classes from "./ToolRow.module.css";

/** The words say how long it took, where that is known: `Done in 1.4 s`. */
const STATES: Record<ToolCall["status"], { words: (took: string) => string; tone: Tone; icon: ReactNode }> = {
  running: {
    words: () => "Running",
    tone: "wait",
    icon: <Loader size={12} color="currentcolor" aria-hidden="true" />,
  },
  done: { words: (took) => (took ? `Done in ${took}` : "Done"), tone: "good", icon: <CheckIcon /> },
  failed: { words: (took) => (took ? `Failed after ${took}` : "Failed"), tone: "bad", icon: <AlertIcon /> },
};

/** A tool the agent used between two sentences: what it asked and what it was told. */
export function ToolRow({ toolCall }: { toolCall: ToolCall }) {
  const { words, tone, icon } = STATES[toolCall.status];
  const told = toolCall.output === null ? undefined : (fieldsOf(toolCall.output) ?? toolCall.output);
  const asked = Object.keys(toolCall.arguments).length > 0;
  return (
    <div className={classes.tool}>
      <div className={classes.head}>
        <ToolIcon size={17} />
        <span className={classes.name}>{asWords(toolCall.name)}</span>
        <span className={classes.soft}>{clockTime(toolCall.at_ms / 1000)}</span>
        <Tag tone={tone} icon={icon}>
          {words(toolCall.duration_ms === null ? "" : machineTime(toolCall.duration_ms))}
        </Tag>
      </div>
      {(asked || told !== undefined) && (
        <div className={classes.body}>
          {asked && (
            <section>
              <h3>Asked</h3>
              <KeyValues values={toolCall.arguments} />
            </section>
          )}
          {told !== undefined && (
            <section>
              <h3>Told</h3>
              {typeof told === "string" ? <p>{told}</p> : <KeyValues values={told} />}
            </section>
          )}
        </div>
      )}
    </div>
  );
}
