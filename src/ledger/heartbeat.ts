// A run that says that it lives, and knows when others may have taken it for dead.

import { heartbeatEvery, heartbeatLimit } from './planner.js';

/** A run that says that it lives, as long as it does. */
export interface Heartbeat {
  /**
   * How often this run may have been taken for dead so far: it was cut off or asleep for too long, or its clock was moved. What
   * it claimed before the last time may have been taken by others. It says that it lives before it answers.
   */
  readonly lapses: () => Promise<number>;
  /** Others may have taken this run for dead, whatever its clock says: its database was away. */
  readonly lapse: () => void;
  readonly stop: () => void;
}

/** So long before others may take a run for dead it doubts itself, in seconds: what it then does takes time too. */
const margin = 30;

/**
 * Begins to say that a run lives, now and then. It keeps no process alive.
 *
 * @param say writes it down, and gives whether others took the run for dead meanwhile; a failure is tried again at the next time
 * @param now milliseconds since 1970: a clock that does not stand still while the computer sleeps
 */
export function startHeartbeat(say: () => Promise<boolean>, now: () => number): Heartbeat {
  let last = now();
  let lapses = 0;
  let isLapsed = false;
  const wasSilent = () => isLapsed || Math.abs(now() - last) > (heartbeatLimit - margin) * 1000;

  async function beat(): Promise<void> {
    const silent = wasSilent();
    isLapsed = false;
    const wasTaken = await say().catch((error: unknown) => {
      isLapsed = silent;
      throw error;
    });
    if (silent || wasTaken) lapses += 1;
    last = now();
  }

  const timer = setInterval(() => {
    beat().catch(() => undefined);
  }, heartbeatEvery * 1000);
  timer.unref();
  return {
    async lapses() {
      if (wasSilent()) await beat();
      return lapses;
    },
    lapse() {
      isLapsed = true;
    },
    stop: () => clearInterval(timer),
  };
}
