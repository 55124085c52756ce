import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { count, emptyTally } from '../../src/core/summary.js';
import { createPaceMeter, openProgress, progressText } from '../../src/output/progress.js';
import { collector } from './streams.js';

const tally = count(emptyTally, [
  { status: 'accepted', origin: {} },
  { status: 'accepted', origin: {} },
  { status: 'rejected', origin: {} },
]);

describe('progressText', () => {
  it.each([
    ['before anything is known', { tally: emptyTally }, 0.4, 'reading · 0 s'],
    ['a stream', { tally }, 2, '2 queued, 1 rejected · 1.5 calls/s · 2 s'],
    [
      'a file of known size',
      { tally, bytes: { read: 25, size: 100 } },
      20,
      '2 queued, 1 rejected · 0.1 calls/s · 25 % · 1 min 00 s left · 20 s',
    ],
    [
      'a file that was read',
      { tally, bytes: { read: 100, size: 100 } },
      0.1,
      '2 queued, 1 rejected · 30 calls/s · 100 % · 0 s',
    ],
    [
      'a file that has grown',
      { tally: emptyTally, bytes: { read: 120, size: 100 } },
      1,
      'reading · 100 % · 1 s',
    ],
    [
      'a size known, nothing read',
      { tally: emptyTally, bytes: { read: 0, size: 100 } },
      1,
      'reading · 0 % · 1 s',
    ],
    [
      'a file that is read faster than it is sent',
      { tally, bytes: { read: 50, size: 100 }, records: 30 },
      20,
      '2 queued, 1 rejected · 0.1 calls/s · 5 % · 6 min 20 s left · 20 s',
    ],
    [
      'a stream with an end',
      { tally, records: 30, limit: 12 },
      20,
      '2 queued, 1 rejected · 0.1 calls/s · 25 % · 1 min 00 s left · 20 s',
    ],
    [
      'a file that is not read to its end',
      { tally, bytes: { read: 100, size: 100 }, records: 30, limit: 6 },
      10,
      '2 queued, 1 rejected · 0.3 calls/s · 50 % · 10 s left · 10 s',
    ],
    ['an empty file', { tally: emptyTally, bytes: { read: 0, size: 0 } }, 1, 'reading · 1 s'],
    [
      'a check',
      { tally: count(emptyTally, [{ status: 'valid', origin: {} }]) },
      1,
      '1 valid · 1.0 calls/s · 1 s',
    ],
  ])('words %s', (_, state, seconds, text) => {
    expect(progressText(state, seconds)).toBe(text);
  });

  it('counts the time left at the pace of the last ten seconds', () => {
    const measure = createPaceMeter();
    const at = (seconds: number, done: number) => {
      const state = {
        tally: { ...emptyTally, counts: { ...emptyTally.counts, accepted: done } },
        bytes: { read: 1000, size: 1000 },
        records: 1000,
      };
      return progressText(state, seconds, measure(state, seconds));
    };
    for (let second = 1; second <= 20; second++) at(second, second);
    expect(at(20, 20)).toContain('1.0 calls/s · 2 % · 16 min 20 s left');
    for (let second = 21; second <= 29; second++) at(second, (second - 20) * 10 + 20);
    expect(at(30, 120)).toContain('10 calls/s · 12 % · 1 min 28 s left');
    for (let second = 31; second <= 45; second++) at(second, 120);
    expect(at(46, 120)).toBe('120 queued · 0.0 calls/s · 12 % · 46 s');
  });
});

/** A run whose clock is moved by hand: `tick` ends the sleep that is under way, and waits for the next. */
function run(
  options: {
    env?: Record<string, string>;
    isTTY?: boolean;
    quiet?: boolean;
    verbose?: boolean;
    columns?: number;
  } = {},
) {
  const stderr = collector({ isTTY: options.isTTY ?? true, columns: options.columns ?? 30 });
  let time = 0;
  const sleeping = new EventEmitter();
  const idle = (): void => {};
  let wake = idle;
  const sleep = (milliseconds: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      signal?.addEventListener('abort', () => resolve());
      wake = () => {
        time += milliseconds;
        resolve();
      };
      sleeping.emit('asleep');
    });
  const context = { stderr, env: options.env ?? {}, now: () => time, sleep };
  const progress = openProgress({
    context,
    quiet: options.quiet ?? false,
    verbose: options.verbose ?? false,
  });
  const tick = async (): Promise<void> => {
    const next = once(sleeping, 'asleep');
    wake();
    await next;
  };
  return { progress, tick, text: stderr.text, slept: () => wake !== idle };
}

describe('progress', () => {
  it('stays silent for a short run', async () => {
    const { progress, text } = run();
    progress.update({ tally });
    progress.stop();
    await new Promise(setImmediate);
    expect(text()).toBe('');
  });

  it('draws the newest state within the width of the terminal, and goes away', async () => {
    const { progress, tick, text } = run();
    progress.update({ tally: emptyTally });
    await tick();
    progress.update({ tally });
    await tick();
    expect(text()).toMatch(/\S 2 queued, 1 rejected · 7\.5…/);
    expect(text()).not.toContain('\n');
    progress.stop();
    expect(text()).toMatch(/\u001B\[1G(?:\u001B\[\?\d+\w)*\u001B\[0K$/);
  });

  it('says what the run waits for, and for how long', async () => {
    const { progress, tick, text } = run({ columns: 80 });
    let until = 40_000;
    progress.update({ tally: emptyTally, wait: () => ({ why: 'the service asked to wait', until }) });
    await tick();
    await tick();
    expect(text()).toMatch(/the service asked to wait · 40 s · \d+ s in all/);
    until = 0;
    await tick();
    expect(text()).toMatch(/[\u2800-\u28ff] reading · 1 s/);
    progress.stop();
  });

  it('says since when it waits for an answer, and what a command without calls does', async () => {
    const { progress, tick, text } = run({ columns: 80 });
    progress.update({ tally: emptyTally, wait: () => ({ why: 'waiting for an answer', since: -8000 }) });
    await tick();
    await tick();
    expect(text()).toMatch(/waiting for an answer · 8 s · \d+ s in all/);
    progress.update({ doing: 'checking' });
    await tick();
    expect(text()).toMatch(/checking · \d+ s/);
    progress.stop();
  });

  it('goes out of the way of other texts, and never hides the cursor', async () => {
    const { progress, tick, text } = run();
    progress.update({ tally });
    await tick();
    progress.clear();
    expect(text()).toMatch(/\u001B\[1G\u001B\[0K$/);
    await tick();
    expect(text()).toMatch(/2 queued[^\n]*$/);
    expect(text()).not.toContain('\u001B[?25l');
    progress.stop();
  });

  it.each([
    ['no terminal', { isTTY: false }],
    ['a dumb terminal', { env: { TERM: 'dumb' } }],
    ['CI', { env: { CI: 'true' } }],
    ['--quiet', { quiet: true }],
    ['--verbose', { verbose: true }],
  ])('is off with %s', async (_, options) => {
    const { progress, text, slept } = run(options);
    progress.update({ tally });
    progress.clear();
    expect(slept()).toBe(false);
    progress.stop();
    expect(text()).toBe('');
  });
});
