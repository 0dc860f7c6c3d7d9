import type { CallSummary } from "@/api/types";
import { Tag } from "@/components/ui/Tag";
import { StatusTag } from "./StatusTag";
import { OUTCOMES } from "./words";

/** How a call ended, or how far it is. */
export function OutcomeTag({ call }: { call: CallSummary }) {
  if (call.outcome === null) return <StatusTag status={call.status} />;
  const { words, tone, icon } = OUTCOMES[call.outcome.kind];
  return (
    <Tag tone={tone} icon={icon}>
      {words}
    </Tag>
  );
}
