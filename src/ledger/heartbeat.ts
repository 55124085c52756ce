// A run that says that it lives, and knows when others may have taken it for dead.

import { heartbeatEvery, heartbeatLimit } from './planner.js';

/** What a heartbeat needs of its ledger. */
interface HeartbeatIo {
  /** Writes down that the run lives; gives whether others took it for dead since the last time. */
  readonly say: () => Promise<boolean>;
  /** How often the ledger was out of reach so far: nobody saw the run live meanwhile. */
  readonly outages: () => number;
  /** Milliseconds since 1970: a clock that does not stand still while the computer sleeps. */
  readonly now: () => number;
}

/** So long before others may take a run for dead it doubts itself, in seconds: what it then does takes time too. */
const margin = 30;

/** A run that says now and then that it lives, until it is stopped. It keeps no process alive. */
export class Heartbeat {
  /**
   * How often this run may have been taken for dead so far: it was cut off or asleep for too long, or its clock was moved. What
   * it claimed before the last time may have been taken by others.
   */
  lapses = 0;
  readonly #io: HeartbeatIo;
  readonly #timer: NodeJS.Timeout;
  #saidAt: number;
  #outages: number;

  constructor(io: HeartbeatIo) {
    this.#io = io;
    this.#saidAt = io.now();
    this.#outages = io.outages();
    // What fails is tried again at the next time.
    this.#timer = setInterval(() => void this.#beat().catch(() => undefined), heartbeatEvery * 1000);
    this.#timer.unref();
  }

  /** Says that the run lives where it was silent for too long, or is known to have been taken for dead. */
  async confirm(wasTaken: boolean): Promise<void> {
    if (wasTaken || this.#wasSilent()) await this.#beat();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #wasSilent(): boolean {
    const { now, outages } = this.#io;
    return outages() !== this.#outages || Math.abs(now() - this.#saidAt) > (heartbeatLimit - margin) * 1000;
  }

  async #beat(): Promise<void> {
    const { say, outages, now } = this.#io;
    const seen = outages();
    const wasSilent = this.#wasSilent();
    const wasTaken = await say();
    if (wasSilent || wasTaken) this.lapses += 1;
    this.#outages = seen;
    this.#saidAt = now();
  }
}
