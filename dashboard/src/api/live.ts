import type { CallSummary, Gap, Recording, Role, ToolCall, TranscriptItem } from "./types";

/** News of a whole call: the line of the history as it is now. */
export interface CallNews {
  call: CallSummary;
}

/** The next words of an item that is still being spoken, to be appended to it. */
export interface TranscriptDelta {
  call_id: string;
  item_id: string;
  role: Role;
  delta: string;
  at_ms: number;
  source: TranscriptItem["source"];
}

/** An item as it is now, and its index in speaking order. */
export interface TranscriptUpdate {
  call_id: string;
  item: TranscriptItem;
  position: number;
}

/** The messages of `GET /api/live`: the name of each event and the shape of its data. */
export interface LiveEvents {
  "call.queued": CallNews;
  "call.dialing": CallNews;
  "call.ringing": CallNews;
  "call.answered": CallNews;
  "call.ended": CallNews;
  "call.updated": CallNews;
  "call.refused": CallNews;
  "call.transcript.delta": TranscriptDelta;
  "call.transcript.updated": TranscriptUpdate;
  "call.tool.called": { call_id: string; tool_call: ToolCall };
  "call.recording.ready": { call_id: string; recording: Recording };
  "call.gap": { call_id: string; gap: Gap };
}
export type LiveKind = keyof LiveEvents;
