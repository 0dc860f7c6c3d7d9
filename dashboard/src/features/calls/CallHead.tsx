import { Anchor } from "@mantine/core";
import { Link } from "react-router";

import type { CallDetail } from "@/api/types";
import { Elapsed } from "@/components/ui/Elapsed";
import { BackIcon } from "@/components/ui/icons";
import { SANDBOX_MEANS, SandboxTag } from "@/components/ui/SandboxTag";
import { readableNumber } from "@/lib/phone";
import classes from "./CallHead.module.css";
import { HangUpButton } from "./HangUpButton";
import { OutcomeTag } from "./OutcomeTag";
import { DIRECTIONS, farNumber } from "./words";

export function CallHead({ call }: { call: CallDetail }) {
  return (
    <header>
      <Anchor component={Link} to="/calls" className={classes.back}>
        <BackIcon size={16} /> All calls
      </Anchor>
      <div className={classes.head}>
        <div className={classes.who}>
          <h1>{readableNumber(farNumber(call))}</h1>
          <p>
            {DIRECTIONS[call.direction]} call with {call.agent.name}
          </p>
        </div>
        {(call.answered_at !== null || call.status !== "ended") && (
          <p className={classes.elapsed}>
            <Elapsed since={call.answered_at} until={call.ended_at} />
          </p>
        )}
        <HangUpButton call={call} size="md" />
      </div>
      <div className={classes.tags}>
        <OutcomeTag call={call} />
        {call.sandbox && (
          <>
            <SandboxTag />
            <span>{SANDBOX_MEANS}</span>
          </>
        )}
      </div>
    </header>
  );
}
