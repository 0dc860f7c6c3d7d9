import type { Change } from "./changes";

/**
 * An answer can be older than news that overtook it: read before a call ended, arrived after we heard so. News
 * is therefore kept while any answer is under way, and made to the answer again when it is there.
 */
let underWay = 0;
let kept: Change[] = [];

/** Keep a change for the answers that are under way. */
export function keep(change: Change): void {
  if (underWay > 0 && change.repeatable) kept.push(change);
}

/** Read a state and bring it up to the news that came meanwhile. */
export async function catchUp<T>(read: () => Promise<T>, make: (state: T, change: Change) => T): Promise<T> {
  if (underWay === 0) kept = [];
  underWay += 1;
  const from = kept.length;
  try {
    const state = await read();
    return kept.slice(from).reduce(make, state);
  } finally {
    underWay -= 1;
  }
}
