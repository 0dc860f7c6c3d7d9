/**
 * What each kind of live news changes. Pure: a change is a function on what the page knows of a call, so the
 * same change can be made to the cache now and again to an answer that was under way when the news came.
 */
import type { CallNews, LiveEvents, LiveKind, TranscriptDelta } from "@/api/live";
import type { CallDetail, CallStatus, CallSummary, TranscriptItem } from "@/api/types";

export interface Change {
  callId: string;
  /** The call's line in the lists as it is now, if the news carries it. */
  summary?: CallSummary;
  /** The same on the call's own page. */
  detail: (call: CallDetail) => CallDetail;
  /** Whether making it twice is the same as once. Appended words are not. */
  repeatable: boolean;
}

type Changes = { [Kind in LiveKind]: (data: LiveEvents[Kind]) => Change };

/** One row for each kind of message. */
export const CHANGES: Changes = {
  "call.queued": callNews,
  "call.dialing": callNews,
  "call.ringing": callNews,
  "call.answered": callNews,
  "call.ended": callNews,
  "call.updated": callNews,
  "call.refused": callNews,
  "call.transcript.delta": (data) => ({
    callId: data.call_id,
    detail: (call) => ({ ...call, transcript: appendWords(call.transcript, data) }),
    repeatable: false,
  }),
  "call.transcript.updated": ({ call_id, item, position }) => ({
    callId: call_id,
    detail: (call) => ({ ...call, transcript: placeItem(call.transcript, item, position) }),
    repeatable: true,
  }),
  "call.tool.called": ({ call_id, tool_call }) => ({
    callId: call_id,
    detail: (call) => ({ ...call, tool_calls: replace(call.tool_calls, tool_call, (known) => known.id) }),
    repeatable: true,
  }),
  "call.recording.ready": ({ call_id, recording }) => ({
    callId: call_id,
    detail: (call) => ({
      ...call,
      recordings: replace(call.recordings, recording, (known) => known.id),
      recording_state: "ready",
    }),
    repeatable: true,
  }),
  "call.gap": ({ call_id, gap }) => ({
    callId: call_id,
    detail: (call) => ({ ...call, gaps: replace(call.gaps, gap, (known) => known.from_ms) }),
    repeatable: true,
  }),
};

function callNews({ call }: CallNews): Change {
  return {
    callId: call.id,
    summary: call,
    detail: (known) => (isOlder(call, known) ? known : { ...known, ...call }),
    repeatable: true,
  };
}

const ORDER: Record<CallStatus, number> = { queued: 0, dialing: 1, ringing: 2, answered: 3, ended: 4 };

/** A call never goes back, so news of an earlier state is a replay of what is known already. */
export function isOlder(news: CallSummary, known: CallSummary): boolean {
  return ORDER[news.status] < ORDER[known.status];
}

function appendWords(transcript: TranscriptItem[], news: TranscriptDelta): TranscriptItem[] {
  const known = transcript.find((item) => item.id === news.item_id);
  // A whole item may overtake its last words; they are in it already.
  if (known?.final) return transcript;
  if (known) return transcript.map((item) => (item === known ? { ...item, text: item.text + news.delta } : item));
  const { item_id, role, delta, at_ms, source } = news;
  const item = { id: item_id, role, text: delta, at_ms, source, final: false, interrupted: false };
  const after = transcript.findLastIndex((other) => other.at_ms <= at_ms);
  return transcript.toSpliced(after + 1, 0, item);
}

function placeItem(transcript: TranscriptItem[], item: TranscriptItem, position: number): TranscriptItem[] {
  return transcript.filter((other) => other.id !== item.id).toSpliced(position, 0, item);
}

/** Put `entry` in the place of the one with the same key, or at the end. */
function replace<T>(list: T[], entry: T, key: (entry: T) => string | number): T[] {
  const at = list.findIndex((other) => key(other) === key(entry));
  return at < 0 ? [...list, entry] : list.with(at, entry);
}
