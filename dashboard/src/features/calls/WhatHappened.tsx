import { Skeleton, UnstyledButton, VisuallyHidden } from "@mantine/core";
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
    <>
      <p className={classes.legend} aria-hidden="true">
        <span data-kind="fact">seen</span>
        <span data-kind="command">ordered</span>
        <span data-kind="oddity">odd: it did not fit</span>
      </p>
      <ol className={classes.events}>
        {events.data.map((event) => (
          <li key={event.seq} data-kind={event.kind}>
            <Entry event={event} startedAt={call.started_at} />
          </li>
        ))}
      </ol>
    </>
  );
}

const KINDS: Record<CallEvent["kind"], string> = { fact: "seen", command: "ordered", oddity: "odd" };

/** One event in a line; what else is known of it unfolds. */
function Entry({ event, startedAt }: { event: CallEvent; startedAt: string }) {
  const known = Object.entries(event.detail).filter(([, value]) => !isEmpty(value));
  const line = (
    <>
      <span className={classes.name}>{asWords(event.name)}</span>
      <VisuallyHidden component="span">, {KINDS[event.kind]} after </VisuallyHidden>
      <time dateTime={event.at}>{machineTime(Date.parse(event.at) - Date.parse(startedAt))}</time>
    </>
  );
  if (known.length === 0) return <div className={classes.line}>{line}</div>;
  return (
    <details>
      <summary className={classes.line}>{line}</summary>
      <KeyValues values={Object.fromEntries(known)} />
    </details>
  );
}

function isEmpty(value: unknown): boolean {
  return value === null || value === "" || (Array.isArray(value) && value.length === 0);
}
