import { Skeleton, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useId } from "react";

import type { CallDetail, CallEvent } from "@/api/types";
import { ChevronIcon } from "@/components/ui/icons";
import { KeyValues } from "@/components/ui/KeyValues";
import { ProblemAlert } from "@/components/ui/ProblemAlert";
import { machineTime } from "@/lib/format";
import { asWords } from "@/lib/words";
import { callEventsQuery } from "./queries";
import classes from "./WhatHappened.module.css";

/** What the call's machine saw and ordered, for whoever wants to know why it went as it went. */
export function WhatHappened({ call }: { call: CallDetail }) {
  const [open, { toggle }] = useDisclosure();
  const id = useId();
  return (
    <section className={classes.card}>
      <h2>
        <UnstyledButton className={classes.toggle} onClick={toggle} aria-expanded={open} aria-controls={id}>
          What happened
          <ChevronIcon />
        </UnstyledButton>
      </h2>
      <div id={id}>{open && <Timeline call={call} />}</div>
    </section>
  );
}

function Timeline({ call }: { call: CallDetail }) {
  const events = useQuery(callEventsQuery(call.id));
  if (events.isPending) return <Skeleton height={120} radius="md" />;
  if (events.isError) return <ProblemAlert error={events.error} />;
  return (
    <ol className={classes.events}>
      {events.data.map((event) => (
        <li key={event.seq} data-kind={event.kind}>
          <div className={classes.head}>
            <span className={classes.name}>{asWords(event.name)}</span>
            <time dateTime={event.at}>+{machineTime(Date.parse(event.at) - Date.parse(call.started_at))}</time>
          </div>
          <span className={classes.kind}>{KINDS[event.kind]}</span>
          <KeyValues values={event.detail} />
        </li>
      ))}
    </ol>
  );
}

const KINDS: Record<CallEvent["kind"], string> = {
  fact: "Seen",
  command: "Ordered",
  oddity: "Odd: it did not fit and changed nothing",
};
