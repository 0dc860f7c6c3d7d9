import createClient, { type Middleware } from "openapi-fetch";

import { learnServerTime } from "@/lib/clock";
import { asProblem } from "./problem";
import type { paths } from "./schema";

/** The one client of the server. Its address is the page's own; the cookie is the log-in. */
export const api = createClient<paths>({
  baseUrl: globalThis.location.origin,
  // Looked up at each request, so that a test can put its server in place.
  fetch: (request) => globalThis.fetch(request),
});

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

const ours: Middleware = {
  onRequest({ request }) {
    // A form of another site cannot send this header: it is what tells our requests from forged ones.
    if (!SAFE.has(request.method)) request.headers.set("X-Requested-With", "aivoicecaller");
    return request;
  },
  onResponse({ response }) {
    learnServerTime(response.headers.get("Date"));
  },
};
api.use(ours);

interface Answer<T> {
  data?: T | undefined;
  error?: unknown;
  response: Response;
}

/** The body of an answer; throws ProblemError for every failure the server reported. */
export async function body<T>(request: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await request;
  if (!response.ok) throw asProblem(response.status, error);
  // An empty answer (204) has no body, and its type is then `undefined` as well.
  return data as T;
}
