import { queryOptions } from "@tanstack/react-query";

import { api, body } from "./client";
import { ProblemError } from "./problem";
import type { Login } from "./types";

/** Who is logged in; null when nobody is, which is an answer and not a failure. */
export const loginQuery = queryOptions({
  queryKey: ["login"],
  queryFn: async ({ signal }): Promise<Login | null> => {
    try {
      return await body(api.GET("/api/login", { signal }));
    } catch (error) {
      if (error instanceof ProblemError && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: Number.POSITIVE_INFINITY,
});

export function logIn(password: string): Promise<Login> {
  return body(api.POST("/api/login", { body: { password } }));
}

export async function logOut(): Promise<void> {
  await body(api.DELETE("/api/login"));
}
