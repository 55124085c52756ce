import { describe, expect, test } from 'vitest';
import { accepted, follow, play, refused } from './moody-service.js';

describe.each([1, 10])('a service that refuses everything, %i calls a request', (chunkSize) => {
  test('ends an import after ten calls, and says nothing of any of them', async () => {
    const { counts, stop, known, requests } = await play({ answer: () => refused, special: { chunkSize } });
    expect(counts).toMatchObject({ unsent: 40, rejected: 0 });
    expect(stop).toMatchObject({ exit: 5, message: expect.stringContaining('refuses every call') });
    expect(known).toEqual([]);
    expect(requests).toBeLessThanOrEqual(chunkSize === 1 ? 12 : 60);
  });

  test('is waited for by follow: nothing is rejected, and all arrives when it is over', async () => {
    const { counts, notes, requests } = await play({
      answer: (uuids, at) => (at < 3600 ? refused : accepted(uuids)),
      special: { ...follow, chunkSize },
    });
    expect(counts).toMatchObject({ accepted: 40, rejected: 0 });
    expect(requests).toBeLessThan(150);
    expect(notes.filter((text) => text.includes('does not accept calls'))).toHaveLength(1);
    expect(notes.filter((text) => text.includes('accepts calls again'))).toHaveLength(1);
  });

  test('that goes on when follow is ended leaves all of them for the next run', async () => {
    const { counts, known } = await play({
      answer: () => refused,
      special: { ...follow, chunkSize },
      interruptedAt: 1800,
    });
    expect([counts.unsent, known]).toEqual([40, []]);
  });
});

test('ten refusals stop no run in which calls were accepted; the bad ones are rejected', async () => {
  const isBad = (uuid: string) => Number(uuid) >= 5 && Number(uuid) < 25;
  const answer = (uuids: readonly string[]) => (uuids.some(isBad) ? refused : accepted(uuids));
  for (const special of [{}, follow]) {
    const { counts, stop } = await play({ answer, special: { ...special, chunkSize: 1, concurrency: 1 } });
    expect([counts.accepted, counts.rejected, stop]).toEqual([20, 20, undefined]);
  }
});

test('what a service may have is at stake one call at a time while it loses every answer', async () => {
  const { counts } = await play({
    answer: (uuids, at) => (at < 600 ? { kind: 'lost', reason: 'HTTP 500' } : accepted(uuids)),
    special: { ...follow, concurrency: 1 },
  });
  // The first request of ten, then one call a pause, and pauses grow.
  expect(counts.unconfirmed).toBeLessThanOrEqual(20);
  expect(counts.accepted).toBe(40 - counts.unconfirmed);
});

test('a pause of over a second is told with its reason and its end, once', async () => {
  let asked = 0;
  const { notes, counts } = await play({
    answer: (uuids) =>
      asked++ === 0
        ? { kind: 'not received', reason: 'HTTP 429', throttled: true, waitMs: 60_000 }
        : accepted(uuids),
    special: { concurrency: 1 },
  });
  expect(counts.accepted).toBe(40);
  expect(notes).toEqual([
    'the service asked for a pause (HTTP 429): nothing is sent for 1 min 00 s, until 2023-11-14 22:14:20 UTC',
  ]);
});

test('a Retry-After without sense is an hour for follow, which asks once an hour', async () => {
  const { requests, notes, counts } = await play({
    answer: () => ({ kind: 'not received', reason: 'HTTP 429', throttled: true, waitMs: 1_796_000_000_000 }),
    special: follow,
    interruptedAt: 5 * 3600,
  });
  expect(requests).toBeLessThanOrEqual(2 * 6);
  expect(notes.length).toBeLessThanOrEqual(7);
  expect(counts.unsent).toBe(40);
});

test('a pause that is lifted in the ledger ends for a run that waits for it, within a minute', async () => {
  let asked = 0;
  const { seconds, counts } = await play({
    answer: (uuids) =>
      asked++ === 0
        ? { kind: 'not received', reason: 'HTTP 429', throttled: true, waitMs: 3_600_000 }
        : accepted(uuids),
    special: { ...follow, concurrency: 1 },
    resumedAt: 120,
  });
  expect(counts.accepted).toBe(40);
  expect(seconds).toBeLessThanOrEqual(181);
});

test('a destination that throws makes its own calls unconfirmed, and no others', async () => {
  const { counts, stop } = await play({
    answer(uuids) {
      if (uuids.includes('13')) throw new Error('a bug');
      return accepted(uuids);
    },
  });
  expect(counts).toMatchObject({ accepted: 30, unconfirmed: 10 });
  expect(stop).toBeUndefined();
});
