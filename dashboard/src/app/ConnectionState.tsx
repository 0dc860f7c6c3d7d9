import type { StreamState } from "@/lib/stream";
import classes from "./ConnectionState.module.css";

/** Says when the page may be behind, and is silent while all is well. */
export function ConnectionState({ state }: { state: StreamState }) {
  return (
    <div role="status" className={classes.state}>
      {state === "down" && (
        <>
          <span className={classes.dot} />
          Reconnecting…<span className={classes.rest}> what you see may be out of date</span>
        </>
      )}
    </div>
  );
}
