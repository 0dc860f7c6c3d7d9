import type { LiveEvents } from "@/api/live";
import type { CallDetail, CallSummary, Status } from "@/api/types";
import { agents, login, status, summaryOf } from "./examples";
import { FakeEventSource } from "./fakeEventSource";

type Answer = (request: Request, path: string) => Response | Promise<Response>;

/**
 * The server of a page test. It answers what it was told to answer and throws on everything else; setup.ts
 * then fails the test, even if the page took the failure in its stride.
 */
export class FakeServer {
  readonly requests: Request[] = [];
  readonly unhandled: string[] = [];
  readonly #answers = new Map<string, Answer>();

  /** Answer `GET /api/status`, `POST /api/calls/*`: a trailing star stands for the rest of the path. */
  on(what: string, answer: Answer | object): this {
    const isAnswer = (candidate: Answer | object): candidate is Answer => typeof candidate === "function";
    this.#answers.delete(what);
    this.#answers.set(what, isAnswer(answer) ? answer : () => json(answer));
    return this;
  }

  fetch = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    this.requests.push(request.clone());
    // What was said last counts first.
    for (const [what, answer] of [...this.#answers].reverse()) {
      const [method, path = ""] = what.split(" ");
      const fits = path.endsWith("*") ? pathname.startsWith(path.slice(0, -1)) : pathname === path;
      if (method === request.method && fits) return answer(request, pathname);
    }
    const words = `${request.method} ${pathname}`;
    this.unhandled.push(words);
    throw new Error(`No answer was prepared for ${words}`);
  };

  /** Say something on the live stream. */
  say<Kind extends keyof LiveEvents>(kind: Kind, data: LiveEvents[Kind]): void {
    FakeEventSource.latest().say(kind, data);
  }

  /** What was asked of an address, in order, each with its body read. */
  async asked(method: string, path: string): Promise<unknown[]> {
    const fitting = this.requests.filter((request) => request.method === method && request.url.endsWith(path));
    return Promise.all(fitting.map((request) => request.clone().json()));
  }
}

export function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
}

export function problem(status: number, fields: object): Response {
  const body = { type: "about:blank", title: "No", detail: "Because.", status, call_id: null, errors: [], ...fields };
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/problem+json" } });
}

interface House {
  calls?: CallDetail[];
  status?: Partial<Status>;
}

/** A server with somebody logged in, an agent, and these calls. */
export function furnished({ calls = [], status: special = {} }: House = {}): FakeServer {
  const server = new FakeServer();
  const list = (wanted: string | null): CallSummary[] =>
    calls.filter((call) => (call.status === "ended") === (wanted === "ended")).map(summaryOf);
  return server
    .on("GET /api/login", login)
    .on("GET /api/status", { ...status, ...special })
    .on("GET /api/agents", { agents })
    .on("GET /api/calls", (request) =>
      json({ calls: list(new URL(request.url).searchParams.get("status")), next: null }),
    )
    .on("GET /api/calls/*", (_, path) => {
      const call = calls.find(({ id }) => path === `/api/calls/${id}`);
      return call ? json(call) : problem(404, { title: "No such call" });
    });
}
