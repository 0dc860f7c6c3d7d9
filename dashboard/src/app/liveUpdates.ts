import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";

import { callReceivers } from "@/features/calls/live";
import { callKeys } from "@/features/calls/queries";
import { Stream, type StreamState } from "@/lib/stream";

/** Keep the cache up to date by the one stream of the server, for as long as the calling component lives. */
export function useLiveUpdates(): StreamState {
  const client = useQueryClient();
  const [stream] = useState(() => {
    const readAllAgain = async () => {
      // An answer that is under way may have been read before the stream began to tell.
      await client.cancelQueries({ queryKey: callKeys.all });
      await client.invalidateQueries();
    };
    return new Stream("/api/live", { ...callReceivers(client), "stream.reset": readAllAgain }, readAllAgain);
  });
  useEffect(() => stream.open(), [stream]);
  return useSyncExternalStore(stream.watch, stream.state);
}
