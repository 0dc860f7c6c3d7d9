import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { api, body } from "@/api/client";
import type { CallDetail, CallPage, CallSummary, NewCall } from "@/api/types";
import { catchUp } from "./catchUp";
import { isOlder } from "./changes";

/** The names of everything about calls in the cache. */
export const callKeys = {
  all: ["calls"] as const,
  live: ["calls", "live"] as const,
  history: ["calls", "history"] as const,
  detail: (id: string) => ["calls", "detail", id] as const,
  events: (id: string) => ["calls", "events", id] as const,
};

const PAGE = 25;

/** How often to ask for a recording that should be there soon, should the news of it be lost. */
const RECORDING_POLL_MS = 5000;

export const liveCallsQuery = queryOptions({
  queryKey: callKeys.live,
  queryFn: ({ signal }): Promise<CallSummary[]> =>
    catchUp(
      async () => {
        const page = await body(api.GET("/api/calls", { params: { query: { status: "live", limit: 50 } }, signal }));
        return page.calls;
      },
      (calls, change) => (change.summary ? withLive(calls, change.summary) : calls),
    ),
});

export const historyQuery = infiniteQueryOptions({
  queryKey: callKeys.history,
  queryFn: ({ pageParam, signal }): Promise<CallPage> => {
    const query = {
      status: "ended" as const,
      limit: PAGE,
      ...(pageParam === null ? {} : { cursor: pageParam }),
    };
    return catchUp(
      () => body(api.GET("/api/calls", { params: { query }, signal })),
      (page, change) =>
        change.summary && pageParam === null ? { ...page, calls: withEnded(page.calls, change.summary) } : page,
    );
  },
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next,
});

export const callQuery = (id: string) =>
  queryOptions({
    queryKey: callKeys.detail(id),
    queryFn: ({ signal }): Promise<CallDetail> =>
      catchUp(
        () => body(api.GET("/api/calls/{call_id}", { params: { path: { call_id: id } }, signal })),
        (call, change) => (change.callId === id ? change.detail(call) : call),
      ),
    refetchInterval: ({ state: { data } }) =>
      data?.status === "ended" && data.recording_state === "expected" ? RECORDING_POLL_MS : false,
  });

export const callEventsQuery = (id: string) =>
  queryOptions({
    queryKey: callKeys.events(id),
    queryFn: async ({ signal }) => {
      const answer = await body(api.GET("/api/calls/{call_id}/events", { params: { path: { call_id: id } }, signal }));
      return answer.events;
    },
  });

export function startCall(call: NewCall): Promise<CallDetail> {
  return body(api.POST("/api/calls", { body: call }));
}

export function hangUp(id: string): Promise<CallSummary> {
  return body(api.POST("/api/calls/{call_id}/hangup", { params: { path: { call_id: id } } }));
}

/** The live list with one call as it is now: in it while it lives, else not. */
export function withLive(calls: CallSummary[], news: CallSummary): CallSummary[] {
  const known = calls.find((call) => call.id === news.id);
  if (news.status === "ended") return calls.filter((call) => call !== known);
  if (known) return isOlder(news, known) ? calls : calls.map((call) => (call === known ? news : call));
  return [news, ...calls];
}

/** The newest page of the history with one call as it is now. */
export function withEnded(calls: CallSummary[], news: CallSummary): CallSummary[] {
  if (news.status !== "ended") return calls;
  const known = calls.find((call) => call.id === news.id);
  return known ? calls.map((call) => (call === known ? news : call)) : [news, ...calls];
}
