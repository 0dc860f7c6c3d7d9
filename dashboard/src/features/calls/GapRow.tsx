import type { Gap } from "@/api/types";
import { GapIcon } from "@/components/ui/icons";
import { clockTime } from "@/lib/format";
import classes from "./GapRow.module.css";

/** A stretch whose words are missing. The recording may still have them. */
export function GapRow({ gap }: { gap: Gap }) {
  const from = clockTime(gap.from_ms / 1000);
  return (
    <p className={classes.gap}>
      <GapIcon size={16} />
      {gap.to_ms === null
        ? `We have not heard the talk since ${from}`
        : `We did not hear ${from}–${clockTime(gap.to_ms / 1000)}`}
    </p>
  );
}
