import { VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import type { CallDetail, CallStatus } from "@/api/types";
import { CheckIcon } from "@/components/ui/icons";
import { timeOfDay } from "@/lib/format";
import classes from "./CallProgress.module.css";
import { callEventsQuery } from "./queries";
import { STATUSES } from "./words";

const STEPS: readonly CallStatus[] = ["queued", "dialing", "ringing", "answered", "ended"];

/** `passed`: it was there. `now`: it is there. `ahead`: not yet. `skipped`: it ended, and we know of no such step. */
type StepState = "passed" | "now" | "ahead" | "skipped";
const SPOKEN: Record<StepState, string> = {
  passed: "done",
  now: "now",
  ahead: "not yet",
  skipped: "no sign of it",
};

/** How far the call is, step by step. */
export function CallProgress({ call }: { call: CallDetail }) {
  const furthest = useFurthest(call);
  const times: Partial<Record<CallStatus, string | null>> = {
    queued: call.started_at,
    answered: call.answered_at,
    ended: call.ended_at,
  };
  return (
    <ol className={classes.steps} aria-label="Progress of the call">
      {STEPS.map((step) => {
        const state = stateOf(step, call, furthest);
        const time = times[step];
        return (
          <li key={step} data-state={state} aria-current={step === call.status ? "step" : undefined}>
            <span className={classes.mark}>{state === "passed" && <CheckIcon size={14} />}</span>
            <span className={classes.words}>
              {STATUSES[step].words}
              <VisuallyHidden>, {SPOKEN[state]}</VisuallyHidden>
            </span>
            <span className={classes.time}>{time && <time dateTime={time}>{timeOfDay(time)}</time>}</span>
          </li>
        );
      })}
    </ol>
  );
}

/** The facts that show a call came to a step. The call itself tells only of its start, answer and end. */
const WITNESSES: Partial<Record<CallStatus, string>> = { dialing: "DialAccepted", ringing: "LegRinging" };

/** The last step before its end that a call came to; what matters is one that nobody answered. */
function useFurthest(call: CallDetail): CallStatus {
  const unanswered = call.status === "ended" && call.answered_at === null;
  const events = useQuery({ ...callEventsQuery(call.id), enabled: unanswered });
  if (!unanswered) return "answered";
  const facts = new Set(events.data?.map((event) => event.name));
  return STEPS.findLast((step) => facts.has(WITNESSES[step] ?? "")) ?? "queued";
}

function stateOf(step: CallStatus, call: CallDetail, furthest: CallStatus): StepState {
  const ended = call.status === "ended";
  const [at, now] = [STEPS.indexOf(step), STEPS.indexOf(ended ? furthest : call.status)];
  if (ended) return at <= now || step === "ended" ? "passed" : "skipped";
  return at === now ? "now" : at < now ? "passed" : "ahead";
}
