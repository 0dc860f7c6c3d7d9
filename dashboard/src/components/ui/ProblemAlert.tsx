import type { ReactNode } from "react";

import { problemOf } from "@/api/problem";
import { Note } from "./Note";

interface ProblemAlertProps {
  error: unknown;
  /** What one can do about it, after the server's words. */
  children?: ReactNode;
}

/** A failure in the server's own words. */
export function ProblemAlert({ error, children }: ProblemAlertProps) {
  const problem = problemOf(error);
  return (
    <Note tone="bad" title={problem.title}>
      {problem.detail}
      {children}
    </Note>
  );
}
