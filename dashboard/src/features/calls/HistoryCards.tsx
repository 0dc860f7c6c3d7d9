import type { CallSummary } from "@/api/types";
import { SandboxTag } from "@/components/ui/SandboxTag";
import classes from "./History.module.css";
import { Length, Party, Started } from "./HistoryCells";
import { OutcomeTag } from "./OutcomeTag";

export function HistoryCards({ calls }: { calls: CallSummary[] }) {
  return (
    <ul className={classes.cards}>
      {calls.map((call) => (
        <li key={call.id} className={classes.card}>
          <span className={classes.line}>
            <span className={classes.party}>
              <Party call={call} />
            </span>
            <OutcomeTag call={call} />
          </span>
          <span className={classes.line}>
            <span className={classes.soft}>
              <Started call={call} /> · <Length call={call} /> · {call.agent.name}
            </span>
            {call.sandbox && <SandboxTag plain />}
          </span>
        </li>
      ))}
    </ul>
  );
}
