import type { CallStatus } from "@/api/types";
import { Tag } from "@/components/ui/Tag";
import classes from "./StatusTag.module.css";
import { STATUSES } from "./words";

/** How far a call is; a dot breathes while it lives. */
export function StatusTag({ status }: { status: CallStatus }) {
  const { words, tone } = STATUSES[status];
  return (
    <Tag tone={tone} icon={status === "ended" ? undefined : <span className={classes.dot} />}>
      {words}
    </Tag>
  );
}
