import type { Call } from './call.js';

/**
 * Fills two words of 32 bits, the first never 0, with the hash of two texts: two lanes that multiply and rotate differently,
 * mixed at the end as MurmurHash3 does it.
 */
export function hash64(scope: string, text: string, lanes: Uint32Array): void {
  lanes[0] = 0x9e3779b9 ^ scope.length;
  lanes[1] = 0x7f4a7c15 ^ text.length;
  absorb(scope, lanes);
  absorb(text, lanes);
  const a = mix((lanes[0] ?? 0) ^ (lanes[1] ?? 0)) || 1;
  lanes[1] = mix((lanes[1] ?? 0) + Math.imul(a, 0x27d4eb2f));
  lanes[0] = a;
}

const shared = new Uint32Array(2);

/** A hash of texts, in their order, as a whole number of 48 bits: SQLite keeps it in six bytes. */
export function hashTexts(texts: readonly string[]): number {
  hash64('', texts.join('\0'), shared);
  return (shared[0] ?? 0) * 0x10000 + ((shared[1] ?? 0) >>> 16);
}

/**
 * A hash of what is sent of a call beside what it is known by, 48 bits: it tells whether the call changed since. Ledgers
 * keep it, so the hash of a call must never change: where there is a new field, calls without it keep theirs.
 */
export function hashCall(call: Call): number {
  const { caller, to, date, type, billsec, link = '', call_status = '', call_result = '' } = call;
  return hashTexts([caller, to, String(date), type, String(billsec), link, String(call_status), call_result]);
}

function absorb(text: string, lanes: Uint32Array): void {
  let a = lanes[0] ?? 0;
  let b = lanes[1] ?? 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x85ebca77);
    a = (a << 13) | (a >>> 19);
    b = Math.imul(b + code, 0xc2b2ae3d);
    b = (b << 17) | (b >>> 15);
  }
  lanes[0] = a;
  lanes[1] = b;
}

function mix(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
