import { VisuallyHidden } from "@mantine/core";
import { Link } from "react-router";

import type { CallSummary } from "@/api/types";
import { InboundIcon, OutboundIcon } from "@/components/ui/icons";
import { serverNow } from "@/lib/clock";
import { duration, fullTime, when } from "@/lib/format";
import { readableNumber } from "@/lib/phone";
import classes from "./History.module.css";
import { DIRECTIONS, farNumber } from "./words";

/** The facts of an ended call that the table and the cards both show. */

export function Party({ call }: { call: CallSummary }) {
  const words = DIRECTIONS[call.direction];
  return (
    <>
      <span className={classes.direction} title={words}>
        {call.direction === "outbound" ? <OutboundIcon /> : <InboundIcon />}
        <VisuallyHidden>{words}</VisuallyHidden>
      </span>
      <Link to={`/calls/${call.id}`} className={classes.number}>
        {readableNumber(farNumber(call))}
      </Link>
    </>
  );
}

export function Started({ call }: { call: CallSummary }) {
  return (
    <time dateTime={call.started_at} title={fullTime(call.started_at)}>
      {when(call.started_at, serverNow())}
    </time>
  );
}

export function Length({ call }: { call: CallSummary }) {
  return <span className="numeric">{call.answered_at === null ? <Unanswered /> : duration(call.duration_s)}</span>;
}

function Unanswered() {
  return (
    <>
      <span aria-hidden="true">–</span>
      <VisuallyHidden component="span">not answered</VisuallyHidden>
    </>
  );
}
