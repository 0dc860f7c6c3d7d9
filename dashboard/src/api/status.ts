import { queryOptions } from "@tanstack/react-query";

import { api, body } from "./client";

/** What this installation is, and whether it can place a call now. */
export const statusQuery = queryOptions({
  queryKey: ["status"],
  queryFn: ({ signal }) => body(api.GET("/api/status", { signal })),
});
