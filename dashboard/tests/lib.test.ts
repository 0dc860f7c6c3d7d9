import { describe, expect, test } from "vitest";

import { asProblem, problemOf } from "@/api/problem";
import { learnServerTime, serverNow } from "@/lib/clock";
import { clockTime, duration, spokenTime, when } from "@/lib/format";
import { COUNTRIES, countryTyped, readableNumber, understandNumber, withoutDiallingCode } from "@/lib/phone";
import { asText, asWords, fieldsOf, nameAndUnit } from "@/lib/words";

test("times for eyes and ears", () => {
  expect([0, 7.9, 65, 3723].map(clockTime)).toEqual(["0:00", "0:07", "1:05", "1:02:03"]);
  expect([0, 0.3, 59.9, 72, 3720].map(duration)).toEqual(["0 s", "1 s", "59 s", "1 min 12 s", "1 h 2 min"]);
  expect(spokenTime(61)).toBe("1 minute 1 second");
});

test("when a call was, seen from now", () => {
  const now = Date.parse("2026-11-22T10:31:00Z");
  expect(when("2026-11-22T08:05:00Z", now)).toMatch(/^Today, /);
  expect(when("2026-11-21T23:59:00Z", now)).toMatch(/^Yesterday, /);
  expect(when("2025-03-01T12:00:00Z", now)).toContain("2025");
});

test("a device whose clock is wrong takes the server's time", () => {
  const server = Date.now() + 3_600_000;
  learnServerTime(new Date(server).toUTCString());
  expect(Math.abs(serverNow() - server)).toBeLessThan(2000);
  learnServerTime(new Date().toUTCString());
  expect(Math.abs(serverNow() - Date.now())).toBeLessThan(50);
});

describe("numbers", () => {
  test("all countries have a name and a code", () => {
    expect(COUNTRIES.length).toBeGreaterThan(200);
    expect(COUNTRIES.find(({ code }) => code === "DE")).toEqual({ code: "DE", name: "Germany", dialling: "+49" });
  });

  test.each([
    ["+12025550100", "DE", "+12025550100", "US"],
    ["030 901820", "DE", "+4930901820", "DE"],
    ["020 7946 0123", "GB", "+442079460123", "GB"],
    ["(202) 555-0100", "US", "+12025550100", "US"],
  ])("%s in %s is %s", (typed, country, to, code) => {
    expect(understandNumber(typed, country)).toMatchObject({ to, country: { code } });
  });

  test("what is no number is left to the server", () => {
    expect(understandNumber("12", "US")).toBeUndefined();
    expect(understandNumber("call me", "US")).toBeUndefined();
    expect(readableNumber("anonymous")).toBe("anonymous");
  });

  test("a typed dialling code is seen and can be taken away", () => {
    expect(countryTyped("+4930901820")?.code).toBe("DE");
    expect(countryTyped("030901820")).toBeUndefined();
    expect(withoutDiallingCode("+49 30 901820")).toBe("30901820");
    expect(withoutDiallingCode("030 90")).toBe("030 90");
  });
});

test("names and values in words", () => {
  expect(["LegAnswered", "find_appointments", "book-table"].map(asWords)).toEqual([
    "Leg answered",
    "Find appointments",
    "Book table",
  ]);
  expect(nameAndUnit("ring_timeout_s")).toEqual(["Ring timeout", " s"]);
  expect(nameAndUnit("status")).toEqual(["Status", ""]);
  expect([null, true, ["a", 1], { a: 1 }, ""].map(asText)).toEqual(["—", "yes", "a, 1", '{"a":1}', "(empty)"]);
  expect(fieldsOf('{"a": 1}')).toEqual({ a: 1 });
  expect(fieldsOf("booked")).toBeUndefined();
  expect(fieldsOf("[1]")).toBeUndefined();
});

test("every failure has words", () => {
  expect(asProblem(502, "<html>").detail).toContain("502");
  expect(asProblem(422, { errors: [{ field: "to", message: "Too short." }, 7] }).at("to")).toBe("Too short.");
  expect(problemOf(new TypeError("fetch failed")).title).toBe("The server does not answer");
  expect(problemOf("odd").detail).toBe("odd");
});
