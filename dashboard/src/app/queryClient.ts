import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";

import { loginQuery } from "@/api/login";
import { problemOf } from "@/api/problem";

export function makeQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: noticeLogOut }),
    mutationCache: new MutationCache({ onError: noticeLogOut }),
    defaultOptions: {
      queries: {
        // The stream brings what changes, so a page that is opened again need not ask again at once.
        staleTime: 30_000,
        retry: (failures, error) => worthRetrying(error) && failures < 2,
      },
    },
  });

  /** The log-in ended meanwhile: whatever page is open now gives way to the log-in page. */
  function noticeLogOut(error: unknown): void {
    if (problemOf(error).status === 401) client.setQueryData(loginQuery.queryKey, null);
  }
  return client;
}

/** No answer, or one from something between us and the server. A refusal stays one. */
function worthRetrying(error: unknown): boolean {
  const { status } = problemOf(error);
  return status === 0 || status >= 502;
}
