/** `down` means: news may be missing until the stream is back. */
export type StreamState = "connecting" | "open" | "down";

/** What to do with the data of each kind of message; a kind that is not in the table is ignored. */
export type Receivers = Record<string, (data: unknown) => void>;

/** A server ends its streams now and then, and the browser is back within a second; that is not worth a word. */
const DOWN_AFTER_MS = 3000;
const RETRY_FIRST_MS = 1000;
const RETRY_MOST_MS = 15_000;

/**
 * One server-sent event stream that stays up. A dropped connection is taken up by the browser itself, which
 * sends `Last-Event-ID`, so the server can replay what was missed. After an answer that is not a stream (a
 * restarting proxy's 502) the browser gives up for good; then this opens a new stream. A new stream knows of
 * nothing that was before it, so `onNew` tells the page to read again what it had read until then.
 */
export class Stream {
  #state: StreamState = "connecting";
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #downTimer: ReturnType<typeof setTimeout> | undefined;
  #retry_ms = RETRY_FIRST_MS;
  #isNew = true;
  readonly #watchers = new Set<() => void>();

  constructor(
    readonly url: string,
    readonly receivers: Receivers,
    readonly onNew: () => void,
  ) {}

  /** Open; the returned function closes. */
  open = (): (() => void) => {
    this.#connect();
    return () => {
      clearTimeout(this.#timer);
      clearTimeout(this.#downTimer);
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
      clearTimeout(this.#downTimer);
      this.#downTimer = undefined;
      this.#become("open");
      if (this.#isNew) this.onNew();
      this.#isNew = false;
    };
    source.onerror = () => {
      this.#downTimer ??= setTimeout(() => this.#become("down"), DOWN_AFTER_MS);
      if (source.readyState === EventSource.CLOSED) this.#connectLater();
    };
    for (const [kind, receive] of Object.entries(this.receivers)) {
      source.addEventListener(kind, (message: MessageEvent<string>) => receive(JSON.parse(message.data)));
    }
  }

  #connectLater(): void {
    this.#isNew = true;
    this.#timer = setTimeout(() => this.#connect(), this.#retry_ms);
    this.#retry_ms = Math.min(this.#retry_ms * 2, RETRY_MOST_MS);
  }

  #become(state: StreamState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const watcher of this.#watchers) watcher();
  }
}
