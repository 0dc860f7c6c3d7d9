import { useServerNow } from "@/lib/clock";
import { clockTime, spokenTime } from "@/lib/format";

interface ElapsedProps {
  /** Where counting starts, ISO 8601; null while it has not started. */
  since: string | null;
  /** Where it stopped; null while it runs. */
  until: string | null;
}

/** Running minutes and seconds between two of the server's times. */
export function Elapsed({ since, until }: ElapsedProps) {
  const now = useServerNow(since !== null && until === null);
  const seconds = since === null ? 0 : ((until === null ? now : Date.parse(until)) - Date.parse(since)) / 1000;
  return (
    <span role="timer" className="numeric" aria-label={spokenTime(seconds)}>
      {clockTime(seconds)}
    </span>
  );
}
