import { VisuallyHidden } from "@mantine/core";

import type { CallDetail, CallStatus } from "@/api/types";
import { CheckIcon } from "@/components/ui/icons";
import { timeOfDay } from "@/lib/format";
import classes from "./CallProgress.module.css";
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
  const times: Partial<Record<CallStatus, string | null>> = {
    queued: call.started_at,
    answered: call.answered_at,
    ended: call.ended_at,
  };
  return (
    <ol className={classes.steps} aria-label="Progress of the call">
      {STEPS.map((step) => {
        const state = stateOf(step, call);
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

function stateOf(step: CallStatus, call: CallDetail): StepState {
  const at = STEPS.indexOf(step);
  if (call.status !== "ended") {
    const now = STEPS.indexOf(call.status);
    return at === now ? "now" : at < now ? "passed" : "ahead";
  }
  if (step === "ended" || call.answered_at !== null) return "passed";
  return at <= furthest(call) ? "passed" : "skipped";
}

/** How far a call that nobody answered surely came, by how it ended. */
function furthest({ outcome }: CallDetail): number {
  if (outcome?.kind === "no_answer" || outcome?.kind === "voicemail") return STEPS.indexOf("ringing");
  if (outcome?.kind === "busy") return STEPS.indexOf("dialing");
  return STEPS.indexOf("queued");
}
