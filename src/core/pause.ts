// The pause of a loop that waits for its time, or to be woken.

/** What a pause needs from the outside. */
interface PauseIo {
  /** Resolves after so many milliseconds, or at once when the signal aborts. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** Ends the pause, and every later one. */
  readonly signal?: AbortSignal | undefined;
}

/** A clock may be set, or stand while the machine sleeps: nobody waits longer before looking at it again, in milliseconds. */
const longest = 60_000;

/** The pause of one loop that waits for its time, or for somebody to wake it earlier. */
export class LoopPause {
  readonly #io: PauseIo;
  #waking = new AbortController();

  constructor(io: PauseIo) {
    this.#io = io;
    io.signal?.addEventListener('abort', this.wake);
  }

  /** Ends the pause, or the next one where there is none now. */
  readonly wake = (): void => this.#waking.abort();

  /** Resolves when it was woken since it ended last, after so many milliseconds at the latest. */
  async wait(milliseconds: number): Promise<void> {
    const { sleep, signal } = this.#io;
    const { signal: woken } = this.#waking;
    if (!woken.aborted && signal?.aborted !== true) await sleep(Math.min(milliseconds, longest), woken);
    this.#waking = new AbortController();
  }

  /** Nobody waits any more. */
  close(): void {
    this.#io.signal?.removeEventListener('abort', this.wake);
  }
}
