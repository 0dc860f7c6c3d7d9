import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";

import { login } from "./examples";
import { FakeEventSource } from "./fakeEventSource";
import { furnished, json, problem } from "./fakeServer";
import { open } from "./open";
import { serve } from "./setup";

const nobody = () => problem(401, { title: "Not logged in" });

test("who is not logged in is asked to, and then sees the page that was asked for", async () => {
  const server = serve(furnished().on("GET /api/login", nobody).on("POST /api/login", login));
  const { user, place } = open("/calls");
  await screen.findByRole("heading", { name: "Log in" });
  screen.getByText(/address that the terminal printed/);
  expect(FakeEventSource.all).toEqual([]);

  await user.type(screen.getByLabelText("Password"), "secret{Enter}");
  await screen.findByRole("heading", { name: "Calls" });
  expect(place()).toBe("/calls");
  expect(await server.asked("POST", "/api/login")).toEqual([{ password: "secret" }]);
});

test("a wrong password is said at the field", async () => {
  const wrong = () => problem(401, { detail: "This is not the password." });
  serve(furnished().on("GET /api/login", nobody).on("POST /api/login", wrong));
  const { user } = open("/login");
  const password = await screen.findByLabelText("Password");
  await user.type(password, "guess{Enter}");
  await screen.findByText("This is not the password.");
  expect(password.getAttribute("aria-invalid")).toBe("true");
});

test("a foreign address after the log-in is not followed", async () => {
  serve(furnished());
  const { place } = open("/login?next=//evil.example/calls");
  await waitFor(() => expect(place()).toBe("/calls"));
});

test("a log-in that ends meanwhile leads to the log-in page", async () => {
  const server = serve(furnished());
  const { user } = open("/calls");
  await screen.findByText("No call is live");
  server.on("POST /api/calls", nobody).on("GET /api/login", nobody);
  await user.type(screen.getByRole("textbox", { name: "Number to ring" }), "+12025550100{Enter}");
  await screen.findByRole("heading", { name: "Log in" });
  expect(FakeEventSource.latest().readyState).toBe(FakeEventSource.CLOSED);
});

test("log out", async () => {
  const server = serve(furnished());
  const { user } = open("/calls");
  const button = await screen.findByRole("button", { name: "Log out" });
  server.on("DELETE /api/login", () => new Response(null, { status: 204 })).on("GET /api/login", nobody);
  await user.click(button);
  await screen.findByRole("heading", { name: "Log in" });
});

test("a server that is gone is told, with what to do", async () => {
  const server = serve(furnished());
  server.on("GET /api/login", () => json({ detail: "boom" }, 500));
  open("/calls");
  await screen.findByRole("button", { name: "Reload the page" });
  screen.getByText("boom");
});

test("an address that leads nowhere", async () => {
  serve(furnished());
  open("/nowhere");
  await screen.findByRole("heading", { name: "There is no such page" });
});
