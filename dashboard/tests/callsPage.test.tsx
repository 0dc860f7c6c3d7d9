import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import type { CallDetail } from "@/api/types";
import { makeAnswered, makeCall, makeEnded, makeItem, summaryOf } from "./examples";
import { FakeEventSource } from "./fakeEventSource";
import { furnished, json, problem } from "./fakeServer";
import { open } from "./open";
import { serve } from "./setup";

const region = (name: string) => screen.findByRole("region", { name });

test("a person of the sandbox is called with two clicks, and the page goes to the call", async () => {
  const call = makeCall({ id: "call_new" });
  const server = serve(furnished({ calls: [call] }).on("POST /api/calls", () => json(call, 201)));
  const { user, place } = open("/calls");

  await user.click(await screen.findByRole("button", { name: /Ada/ }));
  expect(screen.getByRole("textbox", { name: "Number to ring" })).toHaveProperty("value", "+1 202 555 0100");
  await user.click(screen.getByRole("button", { name: "Start call" }));

  await waitFor(() => expect(place()).toBe("/calls/call_new"));
  expect(await server.asked("POST", "/api/calls")).toEqual([
    { agent: "agent_demo", to: "+12025550100", country: null, variables: {} },
  ]);
  const [start] = server.requests.filter((request) => request.method === "POST");
  expect(start?.headers.get("X-Requested-With")).toBe("aivoicecaller");
});

test("a national form is understood in the chosen country", async () => {
  const call = makeCall();
  const server = serve(furnished({ calls: [call] }).on("POST /api/calls", () => json(call, 201)));
  const { user } = open("/calls");

  await user.click(await screen.findByRole("button", { name: "US +1, country United States" }));
  await user.type(screen.getByRole("textbox", { name: "Find a country" }), "germ{Enter}");
  await user.type(screen.getByRole("textbox", { name: "Number to ring" }), "030 901820");
  screen.getByText("Rings +49 30 901820 · Germany");
  await user.click(screen.getByRole("button", { name: "Start call" }));

  await waitFor(async () =>
    expect(await server.asked("POST", "/api/calls")).toMatchObject([{ to: "+4930901820", country: null }]),
  );
});

test("a number typed with its code picks the country by itself", async () => {
  serve(furnished());
  const { user } = open("/calls");
  await user.type(await screen.findByRole("textbox", { name: "Number to ring" }), "+44 20 7946 0123");
  screen.getByRole("button", { name: "GB +44, country United Kingdom" });
});

test("an empty number is not sent", async () => {
  const server = serve(furnished());
  const { user } = open("/calls");
  await user.click(await screen.findByRole("textbox", { name: "Number to ring" }));
  await user.keyboard("{Enter}");
  await screen.findByText("Enter the number to ring.");
  expect(server.requests.every((request) => request.method === "GET")).toBe(true);
});

test("the server's fault stands at the field, and goes when the number changes", async () => {
  const errors = [{ field: "to", message: "This number is too short." }];
  serve(furnished().on("POST /api/calls", () => problem(422, { errors })));
  const { user } = open("/calls");
  const number = await screen.findByRole("textbox", { name: "Number to ring" });
  await user.type(number, "12{Enter}");

  await screen.findByText("This number is too short.");
  expect(number.getAttribute("aria-invalid")).toBe("true");
  await user.type(number, "3");
  expect(screen.queryByText("This number is too short.")).toBeNull();
});

test("a refusal of the dial gate is told in its own words, with the way to its record", async () => {
  const refusal = { title: "Not allowed", detail: "Emergency numbers are not dialed.", call_id: "call_9" };
  serve(furnished().on("POST /api/calls", () => problem(403, { type: "/problems/dial-refused", ...refusal })));
  const { user } = open("/calls");
  await user.type(await screen.findByRole("textbox", { name: "Number to ring" }), "+1911{Enter}");

  const alert = await screen.findByRole("alert");
  within(alert).getByText(/Emergency numbers are not dialed/);
  expect(within(alert).getByRole("link").getAttribute("href")).toBe("/calls/call_9");
});

test("missing keys are named, and no call can be started", async () => {
  const lacking = { name: "engine" as const, mode: "missing" as const, summary: "OpenAI is not set up." };
  const providers = [{ ...lacking, missing: ["OPENAI_API_KEY", "OPENAI_PROJECT_ID"] }];
  serve(furnished({ status: { can_call: false, sandbox: false, people: [], providers } }));
  open("/calls");

  const banner = await screen.findByRole("alert");
  expect(banner.textContent).toContain("Set OPENAI_API_KEY and OPENAI_PROJECT_ID in .env.local");
  expect(screen.getByRole("button", { name: "Start call" })).toHaveProperty("disabled", true);
});

test("with no calls at all each part says what to do", async () => {
  serve(furnished());
  open("/calls");
  await within(await region("Live now")).findByText(/Start one above/);
  await within(await region("History")).findByText(/Start your first one above/);
});

test("a live call shows the words said last, hangs up, and moves to the history", async () => {
  const call = makeAnswered({ transcript: [makeItem({ text: "Good mor", final: false })] });
  const server = serve(
    furnished({ calls: [call] }).on("POST /api/calls/call_1/hangup", () => json(summaryOf(call), 202)),
  );
  const { user } = open("/calls");
  const live = within(await region("Live now"));
  await live.findByText(/Good mor/);

  server.say("call.transcript.delta", {
    call_id: "call_1",
    item_id: "item_1",
    role: "agent",
    delta: "ning, Ada",
    at_ms: 300,
    source: "generated",
  });
  await live.findByText(/Good morning, Ada/);

  await user.click(live.getByRole("button", { name: "Hang up +1 202 555 0100" }));
  const ended = makeEnded();
  server.on("GET /api/calls/call_1", ended);
  server.say("call.ended", { call: summaryOf(ended) });

  await live.findByText("No call is live");
  const history = within(await region("History"));
  await history.findByRole("link", { name: "+1 202 555 0100" });
  history.getByText("Completed");
  history.getByText("1 min 12 s");
});

test("a call started elsewhere appears by itself", async () => {
  const server = serve(furnished());
  open("/calls");
  await screen.findByText("No call is live");
  const call = makeCall({ id: "call_2", direction: "inbound", from: "+493090182045" });
  server.on("GET /api/calls/call_2", call);
  server.say("call.queued", { call: summaryOf(call) });
  await within(await region("Live now")).findByRole("link", { name: "+49 30 90182045" });
});

test("older calls are read page by page", async () => {
  const server = serve(furnished());
  server.on("GET /api/calls", (request) => {
    const query = new URL(request.url).searchParams;
    if (query.get("status") === "live") return json({ calls: [], next: null });
    const older = query.get("cursor") === "older";
    const call = makeEnded({ id: older ? "call_b" : "call_a", to: older ? "+12025550142" : "+12025550141" });
    return json({ calls: [summaryOf(call)], next: older ? null : "older" });
  });
  const { user } = open("/calls");
  await screen.findByRole("link", { name: "+1 202 555 0141" });
  await user.click(screen.getByRole("button", { name: "Show more" }));
  await screen.findByRole("link", { name: "+1 202 555 0142" });
  screen.getByRole("link", { name: "+1 202 555 0141" });
  expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
});

test("what changed before the stream began, or while it was lost, is read again", async () => {
  const server = serve(furnished());
  open("/calls");
  await screen.findByText("No call is live");
  const unheard = (call: CallDetail) =>
    server
      .on("GET /api/calls", () => json({ calls: [summaryOf(call)], next: null }))
      .on(`GET /api/calls/${call.id}`, call);

  unheard(makeCall({ id: "call_3", to: "+12025550103" }));
  FakeEventSource.latest().open();
  const live = within(await region("Live now"));
  await live.findByRole("link", { name: "+1 202 555 0103" });

  unheard(makeCall({ id: "call_4", to: "+12025550104" }));
  FakeEventSource.latest().say("stream.reset", {});
  await live.findByRole("link", { name: "+1 202 555 0104" });
  expect(live.queryByRole("link", { name: "+1 202 555 0103" })).toBeNull();
});
