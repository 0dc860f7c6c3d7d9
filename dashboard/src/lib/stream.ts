/** `down` means: news may be missing until the stream is back. */
export type StreamState = "connecting" | "open" | "down";

/** What to do with the data of each kind of message; a kind that is not in the table is ignored. */
export type Receivers = Record<string, (data: unknown) => void>;

const RETRY_FIRST_MS = 1000;
const RETRY_MOST_MS = 15_000;

/**
 * One server-sent event stream that stays up. A dropped connection is taken up by the browser itself, which
 * sends `Last-Event-ID`, so the server can replay what was missed. After an answer that is not a stream (a
 * restarting proxy's 502) the browser gives up for good; then this opens a new stream, and because a new one
 * has no last event, calls `onGap` so that the page can read everything again.
 */
export class Stream {
  #state: StreamState = "connecting";
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retry_ms = RETRY_FIRST_MS;
  #missed = false;
  readonly #watchers = new Set<() => void>();

  constructor(
    readonly url: string,
    readonly receivers: Receivers,
    readonly onGap: () => void,
  ) {}

  /** Open; the returned function closes. */
  open = (): (() => void) => {
    this.#connect();
    return () => {
      clearTimeout(this.#timer);
      this.#source?.close();
      this.#source = undefined;
    };
  };

  state = (): StreamState => this.#state;

  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  #connect(): void {
    const source = new EventSource(this.url);
    this.#source = source;
    source.onopen = () => {
      this.#retry_ms = RETRY_FIRST_MS;
      this.#become("open");
      if (this.#missed) this.onGap();
      this.#missed = false;
    };
    source.onerror = () => {
      this.#become("down");
      if (source.readyState === EventSource.CLOSED) this.#connectLater();
    };
    for (const [kind, receive] of Object.entries(this.receivers)) {
      source.addEventListener(kind, (message: MessageEvent<string>) => receive(JSON.parse(message.data)));
    }
  }

  #connectLater(): void {
    this.#missed = true;
    this.#timer = setTimeout(() => this.#connect(), this.#retry_ms);
    this.#retry_ms = Math.min(this.#retry_ms * 2, RETRY_MOST_MS);
  }

  #become(state: StreamState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const watcher of this.#watchers) watcher();
  }
}
