import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import type { CallSummary, Person } from "@/api/types";
import { Elapsed } from "@/components/ui/Elapsed";
import { SandboxTag } from "@/components/ui/SandboxTag";
import { readableNumber } from "@/lib/phone";
import { HangUpButton } from "./HangUpButton";
import classes from "./LiveCallCard.module.css";
import { callQuery } from "./queries";
import { StatusTag } from "./StatusTag";
import { farNumber, speakersOf } from "./words";

interface LiveCallCardProps {
  call: CallSummary;
  people: readonly Person[];
}

/** A live call at a glance: who, how far, how long, and the words said last. */
export function LiveCallCard({ call, people }: LiveCallCardProps) {
  const transcript = useQuery(callQuery(call.id)).data?.transcript;
  const last = transcript?.findLast((item) => item.text.trim() !== "");
  return (
    <article className={classes.card}>
      <header className={classes.head}>
        <Link to={`/calls/${call.id}`} className={classes.number}>
          {readableNumber(farNumber(call))}
        </Link>
        <span className={classes.elapsed}>
          <Elapsed since={call.answered_at} until={call.ended_at} />
        </span>
      </header>
      <div className={classes.facts}>
        <StatusTag status={call.status} />
        {call.sandbox && <SandboxTag />}
        <span>{call.agent.name}</span>
      </div>
      <footer className={classes.foot}>
        <p className={classes.words}>
          {last ? (
            <>
              <b data-role={last.role}>{speakersOf(call, people)[last.role]}</b> {last.text}
            </>
          ) : (
            <span className={classes.quiet}>Nothing said yet</span>
          )}
        </p>
        <HangUpButton call={call} />
      </footer>
    </article>
  );
}
