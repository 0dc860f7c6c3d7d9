import type { CallSummary } from "@/api/types";
import { SandboxTag } from "@/components/ui/SandboxTag";
import classes from "./History.module.css";
import { Length, Party, Started } from "./HistoryCells";
import { OutcomeTag } from "./OutcomeTag";

export function HistoryTable({ calls }: { calls: CallSummary[] }) {
  return (
    <table className={classes.table}>
      <thead>
        <tr>
          <th scope="col">Number</th>
          <th scope="col">Agent</th>
          <th scope="col">Outcome</th>
          <th scope="col" className={classes.wide}>
            How it ended
          </th>
          <th scope="col">When</th>
          <th scope="col" className={classes.end}>
            Length
          </th>
        </tr>
      </thead>
      <tbody>
        {calls.map((call) => (
          <tr key={call.id}>
            <td>
              <span className={classes.party}>
                <Party call={call} />
                {call.sandbox && <SandboxTag plain />}
              </span>
            </td>
            <td>{call.agent.name}</td>
            <td>
              <OutcomeTag call={call} />
            </td>
            <td className={classes.wide} title={call.outcome?.detail}>
              {call.outcome?.detail}
            </td>
            <td>
              <Started call={call} />
            </td>
            <td className={classes.end}>
              <Length call={call} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
