// Direction words, and direction from extensions.

import { type Parsed, Problem } from '../core/errors.js';
import { plainWord, quote, splitList } from './cell-text.js';

/** What a word for the direction of a call can mean; `missed` is an inbound call that nobody took. */
export const directions = ['inbound', 'outbound', 'internal', 'missed'] as const;
export type Direction = (typeof directions)[number];

/** A missed call is an inbound one. */
export function wayOf(direction: Direction): Exclude<Direction, 'missed'> {
  return direction === 'missed' ? 'inbound' : direction;
}

/** Whether two directions are the same but for who took the call. */
export function isSameWay(one: Direction, other: Direction): boolean {
  return wayOf(one) === wayOf(other);
}

/** The words that phone systems write, in the languages of the headers. Numbers are missing on purpose: every system counts differently. */
const words = {
  inbound: splitList(`
    inbound, in, i, incoming, inbound call, incoming call, trunking originating, входящий, входящие,
    входящая, входящее, вх, входящий звонок, входящий вызов, принятый, принятые, принят,
    entrante, entrantes, llamada entrante, recibida, recibidas, entrada, recebida, recebidas, chamada recebida,
    chamada de entrada, eingehend, eingehender anruf, ankommend, eingang, вхідний, вхідні, вхідна,
    вхідний дзвінок, вхідний виклик, gelen, gelen arama, gelen çağrı
  `),
  outbound: splitList(`
    outbound, out, o, outgoing, outbound call, outgoing call, dialed, dialled, outbound api, outbound dial,
    trunking terminating, исходящий, исходящие, исходящая, исходящее, исх, исходящий звонок, исходящий вызов,
    saliente, salientes, llamada saliente, realizada, realizadas, saída, saida, efetuada, efetuadas, chamada de saída,
    ausgehend, ausgehender anruf, abgehend, ausgang, вихідний, вихідні, вихідна, вихідний дзвінок, вихідний виклик,
    giden, giden arama, giden çağrı
  `),
  internal: splitList(`
    internal, local, inner, internal call, внутренний, внутренние, внутренняя, внутреннее, внутр,
    внутренний звонок, interna, interno, internas, llamada interna, chamada interna, intern, внутрішній, внутрішні,
    внутрішній дзвінок, dahili, dahili arama
  `),
  missed: splitList(`
    missed, missed call, lost, lost call, пропущенный, пропущенные, пропущен, пропущенный звонок,
    пропущенный вызов, потерянный, потерян, perdida, perdidas, llamada perdida, chamada perdida, verpasst, verpasster anruf,
    пропущений, пропущені, пропущений дзвінок, cevapsız, cevapsız arama, cevapsız çağrı, kaçan çağrı
  `),
} as const satisfies Record<Direction, readonly string[]>;

const meanings: ReadonlyMap<string, Direction> = new Map(
  directions.flatMap((direction) => words[direction].map((word) => [word, direction] as const)),
);

/** Words of `--type-map` or of a preset, each with what it means, as `parseDirection` asks them; of the same word the last counts. */
export function typeMapOf(words: Iterable<readonly [string, Direction]>): ReadonlyMap<string, Direction> {
  return new Map([...words].map(([word, direction]) => [plainWord(word), direction]));
}

/** A text that is no word for a direction. */
export class UnknownDirection extends Problem {
  constructor(readonly word: string) {
    super(`${quote(word)} is not a known direction`);
  }
}

/** Reads a direction word; `typeMap` is asked first. */
export function parseDirection(text: string, typeMap?: ReadonlyMap<string, Direction>): Parsed<Direction> {
  if (typeMap === undefined && (text === 'inbound' || text === 'outbound')) return text;
  if (text === '') return new Problem('is empty');
  const word = plainWord(text);
  const direction = typeMap?.get(word) ?? meanings.get(word);
  if (direction !== undefined) return direction;
  return new UnknownDirection(text);
}

/** Derives the direction from which side is an extension; a Problem where neither is. */
export function deriveDirection(
  caller: string,
  to: string,
  isInternal: (digits: string) => boolean,
): Parsed<Direction> {
  const inside = isInternal(to);
  if (isInternal(caller)) return inside ? 'internal' : 'outbound';
  if (inside) return 'inbound';
  return new Problem(
    `cannot be told, since neither ${caller} nor ${to} is an extension: describe your extensions with --internal, or name a column with --map type=<column>`,
  );
}
