// Short hashes of texts and of what is sent of a call, and a set that keeps hashes in place of texts.

import type { Call } from './call.js';

/**
 * Fills two words of 32 bits, the first never 0, with the hash of two texts: two lanes that multiply and rotate differently,
 * mixed at the end as MurmurHash3 does it.
 */
function hash64(scope: string, text: string, lanes: Uint32Array): void {
  lanes[0] = 0x9e3779b9 ^ scope.length;
  lanes[1] = 0x7f4a7c15 ^ text.length;
  absorb(scope, lanes);
  absorb(text, lanes);
  finish(lanes);
}

function finish(lanes: Uint32Array): void {
  const a = mix((lanes[0] ?? 0) ^ (lanes[1] ?? 0)) || 1;
  lanes[1] = mix((lanes[1] ?? 0) + Math.imul(a, 0x27d4eb2f));
  lanes[0] = a;
}

const shared = new Uint32Array(2);

/** A hash of texts, in their order, as a whole number of 48 bits: SQLite keeps it in six bytes. */
export function hashTexts(texts: readonly string[]): number {
  // As of one text with zeros between them, which is never made.
  shared[0] = 0x9e3779b9;
  let length = texts.length - 1;
  for (const text of texts) length += text.length;
  shared[1] = 0x7f4a7c15 ^ length;
  for (let at = 0; at < texts.length; at++) {
    if (at > 0) absorb('\0', shared);
    absorb(texts[at] ?? '', shared);
  }
  finish(shared);
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

/** A hash of what makes a call another one: caller, recipient, date and type. It must never change, as `hashCall`. */
export function hashIdentity({ caller, to, date, type }: Call): number {
  return hashTexts([caller, to, String(date), type]);
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

/** A set of texts that remembers hashes of 64 bits in place of the texts. */
export interface HashSet {
  /** Adds a text; true when it is new in its scope (a uuid in its account). */
  add(text: string, scope?: string): boolean;
  has(text: string, scope?: string): boolean;
  /** How many different texts were added. */
  readonly size: number;
}

/** However large a file says it is: room for more is made when it is needed. */
const mostExpected = 16_000_000;
const fewestSlots = 8;
/** A table is enlarged by half when it is this full: the fuller it is, the longer a text is looked for. */
const fullest = 0.7;

/** How many texts are expected is mostly a guess, made of the first rows of a file. */
const guessed = 1.1;

/**
 * Makes an empty set: open addressing with linear probing, with room for so many texts, or growing. 13 bytes a text that was
 * expected, whatever its length; where it grows, up to twice that. Two different texts are taken for one with a probability of
 * n²/2 in 2⁶⁴: 1 in 37 million for a million texts.
 */
export function createHashSet(expected = 0): HashSet {
  const room = Math.min(expected * guessed, mostExpected);
  let table = tableFor(Math.max(fewestSlots, Math.ceil(room / fullest)));
  const lanes = new Uint32Array(2);
  let size = 0;
  return {
    add(text, scope = '') {
      hash64(scope, text, lanes);
      if (!insert(table, lanes[0] ?? 0, lanes[1] ?? 0)) return false;
      size++;
      if (size * 2 > table.length * fullest) table = enlarged(table);
      return true;
    },
    has(text, scope = '') {
      hash64(scope, text, lanes);
      return table[slotOf(table, lanes[0] ?? 0, lanes[1] ?? 0)] !== 0;
    },
    get size() {
      return size;
    },
  };
}

/** A hash takes two words, of which the first is never 0: a slot that begins with 0 is empty. */
function tableFor(slots: number): Uint32Array {
  return new Uint32Array(slots * 2);
}

/** Puts a hash into its slot; false where it stands there already. */
function insert(table: Uint32Array, high: number, low: number): boolean {
  const at = slotOf(table, high, low);
  if (table[at] !== 0) return false;
  table[at] = high;
  table[at + 1] = low;
  return true;
}

/** The slot of a hash: where it stands, else the empty one where it would. */
function slotOf(table: Uint32Array, high: number, low: number): number {
  let at = Math.floor((high / 2 ** 32) * (table.length / 2)) * 2;
  while (table[at] !== 0 && (table[at] !== high || table[at + 1] !== low)) {
    at += 2;
    if (at === table.length) at = 0;
  }
  return at;
}

function enlarged(table: Uint32Array): Uint32Array {
  const larger = tableFor(Math.ceil((table.length / 2) * 1.5));
  for (let at = 0; at < table.length; at += 2) {
    const high = table[at] ?? 0;
    if (high !== 0) insert(larger, high, table[at + 1] ?? 0);
  }
  return larger;
}

/** A set that remembers the last `most` texts that were added, and up to as many before them: what it takes is bounded. */
export function createRecentSet(most: number): Pick<HashSet, 'add' | 'has'> {
  let current = createHashSet();
  let before: HashSet | undefined;
  return {
    add(text, scope) {
      if (current.size >= most) {
        before = current;
        current = createHashSet();
      }
      const isNew = current.add(text, scope);
      return isNew && before?.has(text, scope) !== true;
    },
    has: (text, scope) => current.has(text, scope) || before?.has(text, scope) === true,
  };
}
