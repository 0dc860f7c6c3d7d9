import { cleanup, configure } from "@testing-library/react";
import { afterEach, beforeEach, expect, vi } from "vitest";

import { FakeEventSource } from "./fakeEventSource";
import { FakeServer } from "./fakeServer";

configure({
  asyncUtilTimeout: 3000,
  // The message alone; the whole page would bury it.
  getElementError: (message) => new Error(message ?? "Not found"),
});

let current = new FakeServer();

/** Put a server in place for the test that runs. */
export function serve(server: FakeServer): FakeServer {
  current = server;
  return server;
}

beforeEach(() => {
  current = new FakeServer();
  FakeEventSource.all = [];
  vi.stubGlobal("fetch", (request: Request) => current.fetch(request));
  vi.stubGlobal("EventSource", FakeEventSource);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  window.localStorage.clear();
  expect(current.unhandled, "requests that no test prepared an answer for").toEqual([]);
});
