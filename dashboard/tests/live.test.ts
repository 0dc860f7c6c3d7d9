import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import type { CallDetail, CallSummary } from "@/api/types";
import { CHANGES, isOlder } from "@/features/calls/changes";
import { rowsOf } from "@/features/calls/conversation";
import { callReceivers } from "@/features/calls/live";
import { callKeys, callQuery, liveCallsQuery } from "@/features/calls/queries";
import { Stream } from "@/lib/stream";
import { makeAnswered, makeCall, makeEnded, makeItem, summaryOf } from "./examples";
import { FakeEventSource } from "./fakeEventSource";
import { furnished, json } from "./fakeServer";
import { serve } from "./setup";

const delta = (text: string, item_id = "item_1", at_ms = 300) => ({
  call_id: "call_1",
  item_id,
  role: "agent" as const,
  delta: text,
  at_ms,
  source: "generated" as const,
});

describe("changes to a call", () => {
  test("words are appended to their item until it is final", () => {
    let call = makeAnswered();
    for (const word of ["Good", " mor"]) call = CHANGES["call.transcript.delta"](delta(word)).detail(call);
    expect(call.transcript.map((item) => item.text)).toEqual(["Good mor"]);

    const update = { call_id: "call_1", item: makeItem(), position: 0 };
    call = CHANGES["call.transcript.updated"](update).detail(call);
    call = CHANGES["call.transcript.delta"](delta("ning.")).detail(call);
    expect(call.transcript).toEqual([makeItem()]);
  });

  test("an item takes its place in speaking order, however late it comes", () => {
    const first = makeItem({ id: "late", role: "caller", text: "Hello?" });
    let call = makeAnswered({ transcript: [makeItem({ id: "a" }), makeItem({ id: "b" })] });
    call = CHANGES["call.transcript.updated"]({ call_id: "call_1", item: first, position: 1 }).detail(call);
    call = CHANGES["call.transcript.updated"]({ call_id: "call_1", item: first, position: 1 }).detail(call);
    expect(call.transcript.map((item) => item.id)).toEqual(["a", "late", "b"]);
  });

  test("the first words of an unknown item go where their time belongs", () => {
    const known = [makeItem({ id: "a", at_ms: 0 }), makeItem({ id: "c", at_ms: 9000 })];
    const call = CHANGES["call.transcript.delta"](delta("Yes", "b", 4000)).detail(makeAnswered({ transcript: known }));
    expect(call.transcript.map((item) => item.id)).toEqual(["a", "b", "c"]);
  });

  test("a call never goes back", () => {
    const ended = makeEnded();
    expect(CHANGES["call.ringing"]({ call: summaryOf(makeCall({ status: "ringing" })) }).detail(ended)).toBe(ended);
    expect(isOlder(summaryOf(ended), summaryOf(makeCall()))).toBe(false);
  });

  test("a gap that closes replaces itself", () => {
    let call = makeAnswered();
    for (const to_ms of [null, 15_000]) {
      call = CHANGES["call.gap"]({ call_id: "call_1", gap: { from_ms: 12_000, to_ms } }).detail(call);
    }
    expect(call.gaps).toEqual([{ from_ms: 12_000, to_ms: 15_000 }]);
  });
});

test("rows keep the speaking order and put tools and gaps between by their time", () => {
  const tool = { id: "t", name: "x", arguments: {}, output: null, status: "done" as const, duration_ms: 1 };
  const rows = rowsOf({
    // b was heard before c but began after it: the server's order holds.
    transcript: [
      makeItem({ id: "a", at_ms: 0 }),
      makeItem({ id: "b", at_ms: 5000 }),
      makeItem({ id: "c", at_ms: 4000 }),
    ],
    tool_calls: [{ ...tool, at_ms: 2000 }],
    gaps: [{ from_ms: 9000, to_ms: null }],
  });
  expect(rows.map((row) => row.key)).toEqual(["said a", "tool t", "said b", "said c", "gap 9000"]);
});

/** An answer that waits until the test lets it go. */
function heldBack() {
  const asked = Promise.withResolvers<void>();
  const response = Promise.withResolvers<Response>();
  const answer = () => {
    asked.resolve();
    return response.promise;
  };
  return { asked: asked.promise, answer, release: response.resolve };
}

describe("answers that news overtook", () => {
  test("a list read before a call ended does not show it live", async () => {
    const client = new QueryClient();
    const call = makeAnswered();
    const held = heldBack();
    serve(furnished()).on("GET /api/calls", held.answer);
    const reading = client.fetchQuery(liveCallsQuery);
    await held.asked;
    callReceivers(client)["call.ended"]?.({ call: summaryOf(makeEnded()) });
    held.release(json({ calls: [summaryOf(call)], next: null }));
    expect(await reading).toEqual([]);
  });

  test("a call's page gets whole items again, and no word twice", async () => {
    const client = new QueryClient();
    const held = heldBack();
    serve(furnished()).on("GET /api/calls/call_1", held.answer);
    const reading = client.fetchQuery(callQuery("call_1"));
    await held.asked;
    const receivers = callReceivers(client);
    receivers["call.transcript.delta"]?.(delta("Good"));
    receivers["call.transcript.updated"]?.({ call_id: "call_1", item: makeItem({ id: "b" }), position: 1 });
    held.release(json(makeAnswered({ transcript: [makeItem({ id: "item_1", text: "Good", final: false })] })));
    const call: CallDetail = await reading;
    expect(call.transcript.map((item) => item.text)).toEqual(["Good", "Good morning."]);
  });

  test("the lists follow the call", () => {
    const client = new QueryClient();
    client.setQueryData<CallSummary[]>(callKeys.live, []);
    const receivers = callReceivers(client);
    receivers["call.queued"]?.({ call: summaryOf(makeCall()) });
    receivers["call.ringing"]?.({ call: summaryOf(makeCall({ status: "ringing" })) });
    receivers["call.dialing"]?.({ call: summaryOf(makeCall({ status: "dialing" })) });
    const live = client.getQueryData<CallSummary[]>(callKeys.live);
    expect(live?.map((call) => call.status)).toEqual(["ringing"]);
  });
});

describe("the stream", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("ignores unknown kinds, and says when it is down", () => {
    const heard: unknown[] = [];
    const stream = new Stream("/api/live", { "call.queued": (data) => heard.push(data) }, () => heard.push("new"));
    const close = stream.open();
    const source = FakeEventSource.latest();
    source.open();
    source.say("call.invented", {});
    source.say("call.queued", { a: 1 });
    expect(heard, "what was read before the stream began is read again").toEqual(["new", { a: 1 }]);
    source.drop();
    vi.advanceTimersByTime(2900);
    expect(stream.state(), "a short drop is not worth a word").toBe("open");
    vi.advanceTimersByTime(100);
    expect(stream.state()).toBe("down");
    source.open();
    expect(stream.state()).toBe("open");
    expect(heard, "the server replays what a drop missed").toHaveLength(2);
    close();
  });

  test("opens anew when the browser gave up, and then reads all again", () => {
    let news = 0;
    const stream = new Stream("/api/live", {}, () => (news += 1));
    const close = stream.open();
    FakeEventSource.latest().open();
    FakeEventSource.latest().drop(true);
    vi.advanceTimersByTime(1000);
    expect(FakeEventSource.all).toHaveLength(2);
    FakeEventSource.latest().drop(true);
    vi.advanceTimersByTime(1000);
    expect(FakeEventSource.all, "each wait is longer than the last").toHaveLength(2);
    vi.advanceTimersByTime(1000);
    FakeEventSource.latest().open();
    expect(news).toBe(2);
    close();
  });
});
