import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { LoopPause } from '../../src/core/pause.js';

/** A pause whose time passes at once, unless it is woken; how long it wanted to sleep. */
function paused(signal?: AbortSignal) {
  const slept: number[] = [];
  const sleep = async (milliseconds: number) => {
    slept.push(milliseconds);
  };
  return { pause: new LoopPause({ sleep, signal }), slept };
}

test('a pause lasts as long as it was asked to, and a minute at most', async () => {
  const { pause, slept } = paused();
  await pause.wait(5);
  await pause.wait(3_600_000);
  expect(slept).toEqual([5, 60_000]);
});

test('whoever wakes it before it begins spares one pause, not the next', async () => {
  const { pause, slept } = paused();
  pause.wake();
  await pause.wait(5);
  expect(slept).toEqual([]);
  await pause.wait(7);
  expect(slept).toEqual([7]);
});

test('whoever wakes it ends it', async () => {
  const pause = new LoopPause({
    sleep: (_, signal) => new Promise((resolve) => signal?.addEventListener('abort', () => resolve())),
  });
  const waited = pause.wait(60_000);
  pause.wake();
  await waited;
});

test('an interrupt ends this pause and every later one', async () => {
  const interrupt = new AbortController();
  const { pause, slept } = paused(interrupt.signal);
  interrupt.abort();
  await pause.wait(5);
  await pause.wait(5);
  expect(slept).toEqual([]);
});

test('who waits no more hears of no interrupt', () => {
  const interrupt = new AbortController();
  const { pause } = paused(interrupt.signal);
  expect(getEventListeners(interrupt.signal, 'abort')).toHaveLength(1);
  pause.close();
  expect(getEventListeners(interrupt.signal, 'abort')).toHaveLength(0);
});
