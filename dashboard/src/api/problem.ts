import type { FieldFault } from "./types";

/**
 * Why a request failed, in the words of the server's problem details (RFC 9457), or in our own when there was
 * no answer or one that is not a problem document (a proxy's error page).
 */
export class ProblemError extends Error {
  override readonly name = "ProblemError";

  constructor(
    /** HTTP status; 0 when no answer came. */
    readonly status: number,
    /** Stable address of the kind, such as `/problems/dial-refused`. */
    readonly type: string,
    readonly title: string,
    readonly detail: string,
    readonly callId: string | null = null,
    readonly errors: readonly FieldFault[] = [],
  ) {
    super(detail);
  }

  /** What the server says about one field of the request. */
  at(field: string): string | undefined {
    return this.errors.find((fault) => fault.field === field)?.message;
  }
}

export function noAnswer(): ProblemError {
  return new ProblemError(
    0,
    "/problems/no-answer",
    "The server does not answer",
    "Check that AIVoiceCaller is still running and that this device can reach it, then try again.",
  );
}

/** Read a failed answer's body, whatever it turns out to be. */
export function asProblem(status: number, body: unknown): ProblemError {
  const fields = isRecord(body) ? body : {};
  return new ProblemError(
    status,
    text(fields.type) ?? "about:blank",
    text(fields.title) ?? "The server could not do this",
    text(fields.detail) ?? `It answered with status ${status}. Try again; the server's log says more.`,
    text(fields.call_id),
    Array.isArray(fields.errors) ? fields.errors.filter(isFieldFault) : [],
  );
}

/** Any thrown thing as a problem that can be shown to a person. */
export function problemOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  // `fetch` throws a TypeError, and only that, when it got no answer.
  if (error instanceof TypeError) return noAnswer();
  const words = error instanceof Error ? error.message : String(error);
  return new ProblemError(0, "about:blank", "Something went wrong in this page", words);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isFieldFault(value: unknown): value is FieldFault {
  return isRecord(value) && typeof value.field === "string" && typeof value.message === "string";
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
