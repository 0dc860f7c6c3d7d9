import { queryOptions } from "@tanstack/react-query";

import { api, body } from "./client";

export const agentsQuery = queryOptions({
  queryKey: ["agents"],
  queryFn: ({ signal }) => body(api.GET("/api/agents", { signal })),
});
