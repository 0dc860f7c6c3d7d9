import type { Agent, CallDetail, CallSummary, Login, Status, TranscriptItem } from "@/api/types";

/** Things as the server would send them, each to be varied where a test cares. */

export const login: Login = { name: "admin", expires_at: "2026-11-23T10:00:00Z" };

export const agents: Agent[] = [
  {
    id: "agent_demo",
    name: "Demo",
    version: 3,
    description: "Books appointments.",
    instructions: "",
    greeting: "",
    model: "gpt-realtime-2.1",
    voice: "marin",
    tools: [],
  },
];

export const status: Status = {
  version: "0.1.0",
  sandbox: true,
  can_call: true,
  from_number: "+12025550199",
  default_country: "US",
  providers: [
    { name: "carrier", mode: "sandbox", summary: "The built-in phone network.", missing: [] },
    { name: "engine", mode: "sandbox", summary: "The built-in voice.", missing: [] },
  ],
  people: [
    { number: "+12025550100", name: "Ada", description: "books an appointment" },
    { number: "+12025550101", name: "Boris", description: "is busy" },
  ],
};

export function makeCall(special: Partial<CallDetail> = {}): CallDetail {
  return {
    id: "call_1",
    direction: "outbound",
    from: "+12025550199",
    to: "+12025550100",
    agent: { id: "agent_demo", name: "Demo", version: 3 },
    status: "queued",
    outcome: null,
    sandbox: true,
    started_at: "2026-11-22T10:00:00Z",
    answered_at: null,
    ended_at: null,
    duration_s: 0,
    transcript: [],
    tool_calls: [],
    recordings: [],
    gaps: [],
    recording_state: "none",
    ...special,
  };
}

export function makeAnswered(special: Partial<CallDetail> = {}): CallDetail {
  return makeCall({ status: "answered", answered_at: "2026-11-22T10:00:08Z", ...special });
}

export function makeEnded(special: Partial<CallDetail> = {}): CallDetail {
  return makeAnswered({
    status: "ended",
    ended_at: "2026-11-22T10:01:20Z",
    duration_s: 72,
    outcome: { kind: "completed", blame: "callee", detail: "The person called said goodbye." },
    recording_state: "expected",
    ...special,
  });
}

export function makeItem(special: Partial<TranscriptItem> = {}): TranscriptItem {
  return {
    id: "item_1",
    role: "agent",
    text: "Good morning.",
    at_ms: 300,
    final: true,
    interrupted: false,
    source: "generated",
    ...special,
  };
}

export function summaryOf(call: CallDetail): CallSummary {
  const { transcript: _t, tool_calls: _c, recordings: _r, gaps: _g, recording_state: _s, ...summary } = call;
  return summary;
}
