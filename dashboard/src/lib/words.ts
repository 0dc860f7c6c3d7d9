/** `LegAnswered`, `leg_answered`, `book-appointment` as words: `Leg answered`, `Book appointment`. */
export function asWords(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/[_\-.]+/g, " ")
    .trim()
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `ring_timeout_s` as what it is and its unit: `Ring timeout`, ` s`. */
export function nameAndUnit(key: string): [name: string, unit: string] {
  const [, name, unit] = /^(.+)_(s|ms|bytes)$/.exec(key) ?? [];
  return name === undefined ? [asWords(key), ""] : [asWords(name), ` ${unit}`];
}

/** Any JSON value as a person would write it down. */
export function asText(value: unknown): string {
  if (value === null || value === undefined) return "—";
  if (typeof value === "string") return value === "" ? "(empty)" : value;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return String(value);
  if (Array.isArray(value) && value.every((entry) => typeof entry !== "object")) return value.map(asText).join(", ");
  return JSON.stringify(value);
}

/** The fields of a JSON object written as text; undefined when the text is anything else. */
export function fieldsOf(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return Object.fromEntries(Object.entries(value));
  } catch {
    return undefined;
  }
}
