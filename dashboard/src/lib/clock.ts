import { useSyncExternalStore } from "react";

/**
 * Two clocks meet here: this device's and the server's. Elapsed times are counted from the server's times, so
 * a device whose clock is wrong must not show a call that lasts since an hour.
 */
let offset_ms = 0;

/** Below this a difference is the header's whole seconds and the way of the answer, not a wrong clock. */
const TOLERATED_MS = 2000;

/** Learn from an answer's `Date` header (RFC 9110, 6.6.1) how far this device's clock is off. */
export function learnServerTime(date: string | null): void {
  const server = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(server)) return;
  const difference = server - Date.now();
  offset_ms = Math.abs(difference) > TOLERATED_MS ? difference : 0;
}

/** Now, by the server's clock, in milliseconds since 1970. */
export function serverNow(): number {
  return Date.now() + offset_ms;
}

// One timer for all that tick on a page; it runs only while something listens.
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let second = 0;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

function tick(): void {
  second += 1;
  for (const listener of listeners) listener();
}

const never = () => () => undefined;

/** The server's now, renewed each second while `running`. */
export function useServerNow(running: boolean): number {
  useSyncExternalStore(running ? subscribe : never, () => second);
  return serverNow();
}
