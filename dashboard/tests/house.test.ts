/** Rules of this house that no linter knows. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const sources = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(tsx?|css|svg)$/.test(name) && !name.endsWith("schema.d.ts"))
  .map((name) => ({ name, text: readFileSync(`src/${name}`, "utf8") }));

test("colours are spelt in the tokens and the theme only; elsewhere they have a meaning", () => {
  const allowed = ["app/tokens.css", "app/theme.ts", "components/ui/mark.svg"];
  const colour = /#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch|oklab|lab|lch)a?\(/i;
  const spelt = sources.filter(({ name, text }) => !allowed.includes(name) && colour.test(text));
  expect(spelt.map(({ name }) => name)).toEqual([]);
});

test("light and dark know the same colours", () => {
  const tokens = sources.find(({ name }) => name === "app/tokens.css")?.text ?? "";
  const namesIn = (scheme: string) => {
    const block = tokens.split(`[data-mantine-color-scheme="${scheme}"]`)[1]?.split("}")[0] ?? "";
    return [...block.matchAll(/--[\w-]+(?=:)/g)].map(([name]) => name).sort();
  };
  expect(namesIn("light").length).toBeGreaterThan(20);
  expect(namesIn("dark")).toEqual(namesIn("light"));
});

test("every colour that is used exists", () => {
  const tokens = sources.find(({ name }) => name === "app/tokens.css")?.text ?? "";
  const used = new Set(
    sources.flatMap(({ text }) => [...text.matchAll(/var\((--c-[\w-]+)\)/g)].map(([, name]) => name)),
  );
  expect([...used].filter((name) => !tokens.includes(`${name}:`))).toEqual([]);
});

test("a component can be read at once", () => {
  const long = sources.filter(({ name, text }) => name.endsWith(".tsx") && text.split("\n").length > 175);
  expect(long.map(({ name }) => name)).toEqual([]);
});

test("only our own host is contacted", () => {
  const hosts = sources.flatMap(({ text }) => [...text.matchAll(/https?:\/\/[^\s"'`)]+/g)].map(([address]) => address));
  expect(hosts.filter((address) => address !== "http://www.w3.org/2000/svg")).toEqual([]);
});

test("the lock names no registry", () => {
  expect(readFileSync("package-lock.json", "utf8")).not.toContain('"resolved"');
});
