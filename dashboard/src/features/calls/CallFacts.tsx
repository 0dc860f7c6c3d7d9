import type { ReactNode } from "react";

import type { CallDetail } from "@/api/types";
import { Card } from "@/components/ui/Card";
import { duration, fullTime, timeOfDay } from "@/lib/format";
import { readableNumber } from "@/lib/phone";
import classes from "./CallFacts.module.css";
import { BLAMES, DIRECTIONS, OUTCOMES } from "./words";

export function CallFacts({ call }: { call: CallDetail }) {
  return (
    <Card title="About this call">
      {call.outcome && (
        <div className={classes.outcome} data-tone={OUTCOMES[call.outcome.kind].tone}>
          <p>
            {OUTCOMES[call.outcome.kind].icon}
            {OUTCOMES[call.outcome.kind].words}
          </p>
          <p>{call.outcome.detail}</p>
          <p>Whose doing: {BLAMES[call.outcome.blame]}</p>
        </div>
      )}
      <dl className={classes.facts}>
        <Fact name="Direction">{DIRECTIONS[call.direction]}</Fact>
        <Fact name="From">{readableNumber(call.from)}</Fact>
        <Fact name="To">{readableNumber(call.to)}</Fact>
        <Fact name="Agent">
          {call.agent.name}, version {call.agent.version}
        </Fact>
        <Fact name="Started">
          <Moment at={call.started_at} />
        </Fact>
        {call.answered_at && (
          <Fact name="Answered">
            <Moment at={call.answered_at} />
          </Fact>
        )}
        {call.ended_at && (
          <Fact name="Ended">
            <Moment at={call.ended_at} />
          </Fact>
        )}
        {call.ended_at && call.answered_at && <Fact name="Length">{duration(call.duration_s)}</Fact>}
        <Fact name="Call id">
          <code>{call.id}</code>
        </Fact>
      </dl>
    </Card>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Moment({ at }: { at: string }) {
  return (
    <time dateTime={at} title={fullTime(at)}>
      {timeOfDay(at)}
    </time>
  );
}
