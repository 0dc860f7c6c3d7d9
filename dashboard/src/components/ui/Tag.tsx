import type { ReactNode } from "react";

import classes from "./Tag.module.css";

/** What a colour says. `agent` and `caller` are the two voices, the others how well something went. */
export type Tone = "good" | "wait" | "bad" | "quiet" | "agent" | "caller";

interface TagProps {
  tone: Tone;
  icon?: ReactNode;
  children: ReactNode;
}

/** A short mark of state: a few words, never the colour or the icon alone. */
export function Tag({ tone, icon, children }: TagProps) {
  return (
    <span className={classes.tag} data-tone={tone}>
      {icon}
      <span>{children}</span>
    </span>
  );
}
