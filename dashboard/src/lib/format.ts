/** Times and lengths for people, in the reader's own language region and time zone. */

/** `0:07`, `12:05`, `1:02:03`: a place in a talk, or a running time. */
export function clockTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = `${h > 0 ? String(m).padStart(2, "0") : m}:${String(s).padStart(2, "0")}`;
  return h > 0 ? `${h}:${tail}` : tail;
}

/** `7 s`, `1 min 12 s`, `1 h 2 min`: how long something took. */
export function duration(seconds: number): string {
  // Rounded down as clockTime does, but what took a moment did not take nothing.
  const whole = Math.max(seconds > 0 ? 1 : 0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (h > 0) return m > 0 ? `${h} h ${m} min` : `${h} h`;
  if (m > 0) return s > 0 ? `${m} min ${s} s` : `${m} min`;
  return `${s} s`;
}

/** `350 ms`, `1.2 s`: how long a machine took. */
export function machineTime(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** A duration for ears: screen readers make nonsense of `1:12`. */
export function spokenTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [m, s] = [Math.floor(whole / 60), whole % 60];
  const part = (n: number, word: string) => `${n} ${word}${n === 1 ? "" : "s"}`;
  return m > 0 ? `${part(m, "minute")} ${part(s, "second")}` : part(s, "second");
}

const timeOnly = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const timeWithSeconds = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const dayAndTime = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});
const withYear = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/** When something was, as short as it can be said: `Today, 10:31`, `3 Nov, 10:31`. */
export function when(iso: string, now_ms: number): string {
  const at = new Date(iso);
  const now = new Date(now_ms);
  const days = Math.round((dayStart(now) - dayStart(at)) / 86_400_000);
  if (days === 0) return `Today, ${timeOnly.format(at)}`;
  if (days === 1) return `Yesterday, ${timeOnly.format(at)}`;
  return at.getFullYear() === now.getFullYear() ? dayAndTime.format(at) : withYear.format(at);
}

export function timeOfDay(iso: string): string {
  return timeWithSeconds.format(new Date(iso));
}

/** Everything about a moment, for a tooltip. */
export function fullTime(iso: string): string {
  return full.format(new Date(iso));
}

function dayStart(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
