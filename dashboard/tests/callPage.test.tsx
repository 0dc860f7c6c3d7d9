import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { makeAnswered, makeCall, makeEnded, makeItem, summaryOf } from "./examples";
import { furnished } from "./fakeServer";
import { open } from "./open";
import { serve } from "./setup";

const recording = { id: "rec_1", url: "/api/recordings/rec_1", channels: 2, duration_s: 72 };
const transcript = [
  makeItem({ id: "a", text: "Good morning.", at_ms: 300 }),
  makeItem({ id: "b", role: "caller", text: "Hello, a table please.", at_ms: 2400, source: "scripted" }),
  makeItem({ id: "c", text: "For how many", at_ms: 9000, interrupted: true }),
];
const currentStep = () => screen.getAllByRole("listitem").find((item) => item.getAttribute("aria-current") === "step");

test("a call is followed from the dialing to its recording, without reloading", async () => {
  const call = makeCall();
  const server = serve(furnished({ calls: [call] }));
  open("/calls/call_1");
  await screen.findByRole("heading", { name: "+1 202 555 0100" });
  expect(currentStep()?.textContent).toContain("Queued");
  screen.getAllByText("Rings a scripted person on this machine; no phone network.");

  server.say("call.ringing", { call: summaryOf({ ...call, status: "ringing" }) });
  await waitFor(() => expect(currentStep()?.textContent).toContain("Ringing"));
  server.say("call.answered", { call: summaryOf(makeAnswered()) });
  await screen.findByText("Answered. The first words are on their way.");

  const words = { call_id: "call_1", item_id: "a", role: "agent" as const, at_ms: 300, source: "generated" as const };
  server.say("call.transcript.delta", { ...words, delta: "Good " });
  server.say("call.transcript.delta", { ...words, delta: "morning." });
  await screen.findByText("Good morning.");
  server.say("call.transcript.updated", { call_id: "call_1", item: makeItem({ id: "a" }), position: 0 });
  await screen.findByText("Agent: Good morning.");

  const ended = makeEnded();
  server.on("GET /api/calls/call_1", ended);
  server.say("call.ended", { call: summaryOf(ended) });
  await screen.findByText(/preparing the recording/);
  expect(screen.getByRole("button", { name: /Hang up/ })).toHaveProperty("disabled", true);
  screen.getByText("Whose doing: the person called");

  const ready = makeEnded({ recordings: [recording], recording_state: "ready" });
  server.on("GET /api/calls/call_1", ready).on("GET /api/recordings/rec_1", () => new Response());
  server.say("call.recording.ready", { call_id: "call_1", recording });
  expect((await screen.findByRole("link", { name: "Download" })).getAttribute("href")).toBe(recording.url);
});

test("tool calls and gaps stand where they happened", async () => {
  const toolCall = {
    id: "t1",
    name: "find_table",
    arguments: { guests: 4 },
    output: null,
    status: "running" as const,
    at_ms: 5000,
    duration_ms: null,
  };
  const call = makeAnswered({ transcript, tool_calls: [toolCall], gaps: [{ from_ms: 12_000, to_ms: 15_000 }] });
  const server = serve(furnished({ calls: [call] }));
  open("/calls/call_1");
  const talk = within(await screen.findByRole("region", { name: "Transcript" }));
  const rows = () => talk.getAllByRole("listitem").map((row) => row.textContent);
  expect(rows()[2]).toContain("Find table");
  expect(rows()[2]).toContain("Running");
  expect(rows()[4]).toContain("We did not hear 0:12–0:15");
  talk.getByText("scripted");
  talk.getByText("interrupted");

  const done = { ...toolCall, status: "done" as const, output: '{"table": "by the window"}', duration_ms: 1200 };
  server.say("call.tool.called", { call_id: "call_1", tool_call: done });
  await talk.findByText("Done in 1.2 s");
  talk.getByText("by the window");
});

test("a click on a line plays the recording from there", async () => {
  const call = makeEnded({ transcript, recordings: [recording], recording_state: "ready" });
  serve(furnished({ calls: [call] }).on("GET /api/recordings/rec_1", () => new Response()));
  const { user } = open("/calls/call_1");
  await user.click(await screen.findByRole("button", { name: "Play from 0:09" }));
  expect(document.querySelector("audio")?.currentTime).toBe(9);
  await waitFor(() =>
    expect(
      screen
        .getByText(/For how many/)
        .closest("[aria-current]")
        ?.getAttribute("aria-current"),
    ).toBe("true"),
  );
});

test("speed is chosen, and space plays", async () => {
  const call = makeEnded({ transcript, recordings: [recording], recording_state: "ready" });
  serve(furnished({ calls: [call] }).on("GET /api/recordings/rec_1", () => new Response()));
  const { user } = open("/calls/call_1");
  await user.click(await screen.findByRole("radio", { name: "1.5×" }));
  const audio = document.querySelector("audio");
  expect(audio?.playbackRate).toBe(1.5);
  expect(audio?.paused).toBe(true);
  await user.click(screen.getByRole("heading", { name: "Recording" }));
  await user.keyboard(" ");
  expect(audio?.paused).toBe(false);
});

test("a call without a recording says why", async () => {
  serve(furnished({ calls: [makeEnded({ recording_state: "unavailable" })] }));
  open("/calls/call_1");
  await screen.findByText(/There is no recording/);
});

test("a call that nobody answered shows how far it came and whose doing that was", async () => {
  const outcome = { kind: "busy" as const, blame: "callee" as const, detail: "The line was busy." };
  const call = makeEnded({ answered_at: null, outcome, sandbox: false, recording_state: "none" });
  const events = [{ seq: 1, at: call.started_at, kind: "fact", name: "DialAccepted", detail: {} }];
  serve(furnished({ calls: [call] }).on("GET /api/calls/call_1/events", { events }));
  open("/calls/call_1");
  const steps = await screen.findByRole("list", { name: "Progress of the call" });
  const words = () =>
    within(steps)
      .getAllByRole("listitem")
      .map((step) => step.textContent?.replace(/\d.*/, ""));
  const passed = ["Queued, done", "Dialing, done"];
  const missed = ["Ringing, no sign of it", "Answered, no sign of it"];
  await waitFor(() => expect(words()).toEqual([...passed, ...missed, "Ended, done"]));
  screen.getByText("Nobody spoke in this call.");
  expect(screen.queryByText(/Sandbox/, { selector: "main *" })).toBeNull();
});

test("what happened is read when it is opened", async () => {
  const events = [
    { seq: 1, at: "2026-11-22T10:00:00.5Z", kind: "command", name: "Dial", detail: { ring_timeout_s: 30 } },
    { seq: 2, at: "2026-11-22T10:00:08Z", kind: "fact", name: "LegAnswered", detail: {} },
  ];
  serve(furnished({ calls: [makeEnded()] }).on("GET /api/calls/call_1/events", { events }));
  const { user } = open("/calls/call_1");
  await user.click(await screen.findByRole("button", { name: "What happened" }));
  await screen.findByText("Leg answered");
  await user.click(screen.getByText("Dial"));
  screen.getByText("500 ms");
  screen.getByText("30 s");
});

test("an unknown call has a page that says so", async () => {
  serve(furnished());
  open("/calls/call_none");
  await screen.findByRole("heading", { name: "There is no such call" });
});
