import { VisuallyHidden } from "@mantine/core";

import type { CallDetail } from "@/api/types";
import { OUTCOMES, type Speakers, STATUSES } from "./words";

/**
 * Tells screen readers what happens in a live call: each state, and each sentence once it is whole. The visible
 * transcript itself is silent, because it changes with every word.
 */
export function Announcer({ call, speakers }: { call: CallDetail; speakers: Speakers }) {
  const live = call.status !== "ended";
  const whole = live ? call.transcript.findLast((item) => item.final) : undefined;
  return (
    <VisuallyHidden>
      <div aria-live="polite">
        {call.outcome ? `${OUTCOMES[call.outcome.kind].words}. ${call.outcome.detail}` : STATUSES[call.status].words}
      </div>
      <div aria-live="polite">{whole && `${speakers[whole.role]}: ${whole.text}`}</div>
    </VisuallyHidden>
  );
}
