import { type Status, statuses } from '../core/outcome.js';
import type { Tally } from '../core/summary.js';

/** How far a run is. */
export interface ProgressState {
  readonly tally: Tally;
  /** Bytes of this run's files read so far, and of all of them together; absent where that is not known (a stream). */
  readonly bytes?: { readonly read: number; readonly size: number };
}

const words: Readonly<Partial<Record<Status | 'valid', string>>> = { accepted: 'queued' };

/**
 * The progress of a run in one line, after so many seconds: counts by status, calls a second, percent and time left
 * (where the size is known), time elapsed.
 */
export function progressText({ tally, bytes }: ProgressState, seconds: number): string {
  const counts = [...statuses, 'valid' as const]
    .filter((status) => tally.counts[status] > 0)
    .map((status) => `${tally.counts[status]} ${words[status] ?? status}`);
  const done = Object.values(tally.counts).reduce((sum, number) => sum + number, 0);
  const parts = [counts.length === 0 ? 'reading' : counts.join(', ')];
  if (done > 0 && seconds > 0) parts.push(`${rate(done / seconds)} calls/s`);
  if (bytes !== undefined && bytes.size > 0) {
    const share = Math.min(1, bytes.read / bytes.size);
    parts.push(`${Math.floor(share * 100)} %`);
    if (share > 0 && share < 1) parts.push(`${duration((seconds * (1 - share)) / share)} left`);
  }
  return [...parts, duration(seconds)].join(' · ');
}

function rate(perSecond: number): string {
  return perSecond < 10 ? perSecond.toFixed(1) : perSecond.toFixed(0);
}

/** Seconds as people read them: `8 s`, `3 min 05 s`, `2 h 05 min`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${two(whole % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
