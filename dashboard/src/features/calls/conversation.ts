import type { CallDetail, Gap, ToolCall, TranscriptItem } from "@/api/types";

/** One row of a call's conversation. */
export type Row =
  | { kind: "said"; key: string; item: TranscriptItem }
  | { kind: "tool"; key: string; toolCall: ToolCall }
  | { kind: "gap"; key: string; gap: Gap };

/**
 * All that happened in the talk, in the order it happened. Items keep the speaking order the server gave them,
 * whatever their times say; a tool call or a gap stands before the first item that began after it.
 */
export function rowsOf(call: Pick<CallDetail, "transcript" | "tool_calls" | "gaps">): Row[] {
  const between: { at_ms: number; row: Row }[] = [
    ...call.tool_calls.map((toolCall) => ({
      at_ms: toolCall.at_ms,
      row: { kind: "tool" as const, key: `tool ${toolCall.id}`, toolCall },
    })),
    ...call.gaps.map((gap) => ({
      at_ms: gap.from_ms,
      row: { kind: "gap" as const, key: `gap ${gap.from_ms}`, gap },
    })),
  ].sort((a, b) => a.at_ms - b.at_ms);

  const rows: Row[] = [];
  let next = 0;
  for (const item of call.transcript) {
    for (let entry = between[next]; entry && entry.at_ms < item.at_ms; entry = between[next]) {
      rows.push(entry.row);
      next += 1;
    }
    rows.push({ kind: "said", key: `said ${item.id}`, item });
  }
  return [...rows, ...between.slice(next).map((entry) => entry.row)];
}

/** The item that sounds at a place of the recording, which begins at the answer as `at_ms` does. */
export function itemAt(transcript: readonly TranscriptItem[], time_s: number): TranscriptItem | undefined {
  return transcript.findLast((item) => item.at_ms <= time_s * 1000);
}
