import type { InfiniteData, QueryClient } from "@tanstack/react-query";

import type { LiveEvents, LiveKind } from "@/api/live";
import type { CallDetail, CallPage, CallSummary } from "@/api/types";
import type { Receivers } from "@/lib/stream";
import { keep } from "./catchUp";
import { CHANGES, type Change } from "./changes";
import { callKeys, withEnded, withLive } from "./queries";

/** A receiver for each kind of news about calls: it makes the news' change to the cache. */
export function callReceivers(client: QueryClient): Receivers {
  const kinds = Object.keys(CHANGES) as LiveKind[];
  return Object.fromEntries(kinds.map((kind) => [kind, (data: unknown) => make(client, changeOf(kind, data))]));
}

function changeOf<Kind extends LiveKind>(kind: Kind, data: unknown): Change {
  // The shapes of the stream are promised by the server, as those of its answers are.
  return CHANGES[kind](data as LiveEvents[Kind]);
}

/** Make a change to all that the page has read so far. */
export function make(client: QueryClient, change: Change): void {
  keep(change);
  client.setQueryData<CallDetail>(callKeys.detail(change.callId), (call) => call && change.detail(call));
  // What happened is read again only where it is on show. Single words are not worth it.
  if (change.repeatable) void client.invalidateQueries({ queryKey: callKeys.events(change.callId) });
  if (change.summary) makeInLists(client, change.summary);
}

function makeInLists(client: QueryClient, news: CallSummary): void {
  client.setQueryData<CallSummary[]>(callKeys.live, (calls) => calls && withLive(calls, news));
  if (news.status !== "ended") return;
  client.setQueryData<InfiniteData<CallPage, string | null>>(callKeys.history, (data) => data && inHistory(data, news));
  // What a summary does not carry may have changed with the end: the state of the recording, the last words.
  void client.invalidateQueries({ queryKey: callKeys.detail(news.id) });
}

function inHistory(data: InfiniteData<CallPage, string | null>, news: CallSummary) {
  const held = data.pages.findIndex((page) => page.calls.some((call) => call.id === news.id));
  const at = Math.max(held, 0);
  const pages = data.pages.map((page, index) =>
    index === at ? { ...page, calls: withEnded(page.calls, news) } : page,
  );
  return { ...data, pages };
}
