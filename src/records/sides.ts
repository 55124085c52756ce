// Who called whom: caller and to, or client and employee; directions that something contradicts.

import { shellQuoted } from '../core/display.js';
import { Problem } from '../core/errors.js';
import { Contradicted } from './contradictions.js';
import {
  type Direction,
  deriveDirection,
  isSameWay,
  parseDirection,
  UnknownDirection,
  wayOf,
} from './directions.js';
import type { FieldSource } from './field-sources.js';
import type { Mapping, Parties } from './mapping.js';
import { type InternalTest, type NumberRules, parseNumber } from './phone-numbers.js';
import type { ParsedRecord } from './record.js';
import type { RecordOptions } from './record-options.js';
import type { SampledColumn } from './sample.js';

/** Who called whom, and in which direction; each what it should be, or the reason why it is not. */
export type Sides = Pick<ParsedRecord, 'caller' | 'to' | 'direction'>;

/** How the sides of a call are read. */
export interface SideRules {
  readonly mapping: Mapping;
  readonly options: RecordOptions;
  /** Of caller, or client; of the callee, or the employee. */
  readonly caller: NumberRules;
  readonly to: NumberRules;
  readonly isInternal: InternalTest;
  /** The words of the user and of the preset. */
  readonly typeMap: ReadonlyMap<string, Direction> | undefined;
  /** What the first rows say of the words for the direction. */
  readonly words: DirectionWords;
}

/** What the first rows of a file say of its words for the direction. */
interface DirectionWords {
  /** The column of the direction has one word, which is none, beside calls of several directions: it is no such column. */
  readonly isNone: boolean;
  /** Columns with words for the direction that feed nothing. */
  readonly unused: readonly SampledColumn[];
  /** The sides contradict the direction of all calls, inbound and outbound ones: their columns have each other's names. */
  readonly isTurned: boolean;
  /** Most calls between an extension and an outside number go the other way than the words say. */
  readonly isMostlyTurned: boolean;
  /** Each call has one extension, or is an internal one: the rows that nothing contradicts would be held against another reading as well. */
  readonly isEachTold: boolean;
  /** Numbers of the company that are the client's in most calls of one way: they are called by inbound ones, or call in outbound ones. */
  readonly turnedNumbers: ReadonlySet<string>;
}

const nothingSaid: DirectionWords = {
  isNone: false,
  unused: [],
  isTurned: false,
  isMostlyTurned: false,
  isEachTold: false,
  turnedNumbers: new Set(),
};

/** Reads the sides of a row. */
type SidesReader = (cells: readonly string[]) => Sides;

/** Compiles the rules of a file to what reads the sides of its rows: a direction that something contradicts is a problem. */
export function compileSides(rules: SideRules): SidesReader {
  const { parties, sources } = rules.mapping;
  const read = parties === undefined ? compileNumbers(rules) : compileParties(rules, parties);
  const isNamed = sources.type.kind !== 'derived';
  const contradict = contradictionBySides(rules);
  return (cells) => {
    const found = read(cells);
    const { direction } = found;
    if (direction instanceof UnknownDirection)
      return { ...found, direction: advised(direction, rules.words) };
    if (typeof direction !== 'string') return found;
    const wrong =
      (isNamed ? contradict(found, direction) : undefined) ?? contradictionByColumn(direction, cells, rules);
    return wrong === undefined ? found : { ...found, direction: wrong };
  };
}

/** Reads files that name caller and callee. A preset leaves the type empty where it has to be derived. */
function compileNumbers({ mapping: { sources }, caller, to, isInternal, typeMap }: SideRules): SidesReader {
  const { kind } = sources.type;
  const readCaller = sources.caller.read;
  const readTo = sources.to.read;
  const readType = sources.type.read;
  return (cells) => {
    const from = parseNumber(readCaller(cells), caller);
    const dialled = parseNumber(readTo(cells), to);
    const text = kind === 'derived' ? '' : readType(cells);
    if (text !== '' || (kind !== 'derived' && kind !== 'preset'))
      return { caller: from, to: dialled, direction: parseDirection(text, typeMap) };
    const isUnknown = from instanceof Problem || dialled instanceof Problem;
    const direction = isUnknown ? null : deriveDirection(from, dialled, isInternal);
    return { caller: from, to: dialled, direction };
  };
}

/** Reads files that name client and employee: the direction says which of them called. */
function compileParties(
  { mapping: { sources }, caller, to, typeMap }: SideRules,
  parties: Parties,
): SidesReader {
  const readClient = parties.client.read;
  const readEmployee = parties.employee.read;
  const readType = sources.type.read;
  const { name: employee } = parties.employee;
  const nobody = (side: 'caller' | 'to') =>
    new Problem(
      side === 'caller'
        ? `is empty: ${employee} names nobody, though somebody called: fill in cells that are merged over several rows, or give a number for such calls with --set caller=<number>`
        : `is empty: ${employee} names nobody; give a number for such calls with --set to=<number>`,
    );
  return (cells) => {
    const direction = parseDirection(readType(cells), typeMap);
    const client = parseNumber(readClient(cells), caller);
    const side = direction === 'outbound' ? 'caller' : 'to';
    const name = readEmployee(cells) || (parties.fill[side] ?? '');
    const own = name === '' ? nobody(side) : parseNumber(name, to);
    return side === 'caller'
      ? { caller: own, to: client, direction }
      : { caller: client, to: own, direction };
  };
}

/** Makes what says why a named direction cannot be that of its sides; two extensions, or two outside numbers, stay as they are. */
function contradictionBySides({ mapping, options, isInternal, words }: SideRules) {
  const allowsDirection = options.allow?.includes('direction') === true;
  const { parties, sources } = mapping;
  const byPreset = sources.type.kind === 'preset';
  // The vendor's sample has the extension as the caller of inbound calls. A preset knows calls that came from a short number: banks
  // and services have such. Not most callers, though.
  const isExpected =
    parties === undefined &&
    (options.inboundLayout === 'extension-first' || (byPreset && !words.isMostlyTurned));
  return ({ caller, to }: Sides, direction: Direction): Contradicted | undefined => {
    if (allowsDirection || direction === 'internal') return undefined;
    if (caller instanceof Problem || to instanceof Problem) return undefined;
    const isOutbound = direction === 'outbound';
    const [client, own] = isOutbound ? [to, caller] : [caller, to];
    const says = `says ${wayOf(direction)}, but`;
    if (words.turnedNumbers.has(client) && !words.turnedNumbers.has(own) && parties === undefined)
      return contradicted(`${says} ${client} is the company's own number in other calls`, whoIsWho);
    // The side that is right in nearly every row is asked first.
    if (!isInternal(client) || isInternal(own) || (!isOutbound && isExpected)) return undefined;
    if (parties !== undefined) {
      const hint = `are they the other way round? ${partyFlags(parties.employee, parties.client)}`;
      return contradicted(
        `the client ${client} is an extension and the employee ${own} is outside`,
        words.isEachTold ? hint : whoIsWho,
      );
    }
    const found = isOutbound
      ? `caller ${caller} is outside and to ${to} is an extension`
      : `caller ${caller} is an extension and to ${to} is outside`;
    if (byPreset) return contradicted(`${says} ${found}`, 'does the preset fit? Without it: --preset none');
    if (!words.isEachTold) return contradicted(`${says} ${found}`, whoIsWho);
    const [ownSource, clientSource] = isOutbound
      ? [sources.caller, sources.to]
      : [sources.to, sources.caller];
    return contradicted(
      `${says} ${found}`,
      words.isTurned
        ? `is each under the other's name? ${sideFlags('caller', sources.to)} ${sideFlags('to', sources.caller)}`
        : `are they client and employee? ${partyFlags(ownSource, clientSource)}`,
    );
  };
}

/** The hint where flags that turn this call round might turn others that are right. */
const whoIsWho =
  'if the columns name client and employee, whatever the direction is, give --map client=<column> --map employee=<column>; if the call is right, --allow direction';

function contradicted(sentence: string, hint: string): Contradicted {
  return new Contradicted({ kind: 'direction', scope: 'row', sentence, hint });
}

function partyFlags(client: FieldSource, employee: FieldSource): string {
  return `${sideFlags('client', client)} ${sideFlags('employee', employee)}`;
}

function sideFlags(field: string, source: FieldSource): string {
  return `--map ${source.column !== undefined ? shellQuoted(`${field}=${source.column.name}`) : `${field}=…`}`;
}

/** What can be done about a word: only what stands in the file can be given a meaning, and not a word that has none. */
function advised({ word, text }: UnknownDirection, { isNone }: DirectionWords): Problem {
  return new Problem(
    isNone
      ? `${text} and the only word in its column: name another column with --map type=<column>, or let the extension decide with --map type=`
      : `${text}: say what it means with --type-map ${shellQuoted(`${word}=<inbound, outbound, missed or internal>`)}`,
  );
}

/** Why a direction cannot be right that a column contradicts which nobody reads. */
function contradictionByColumn(
  direction: Direction,
  cells: readonly string[],
  { words, typeMap, mapping }: SideRules,
): Contradicted | undefined {
  for (const column of words.unused) {
    const { name } = column;
    const word = column.textIn(cells);
    const said = word === '' ? undefined : parseDirection(word, typeMap);
    if (said === undefined || said instanceof Problem || isSameWay(said, direction)) continue;
    const from =
      mapping.sources.type.kind === 'derived' ? 'which side is an extension' : 'what it is read from';
    return new Contradicted({
      kind: 'columns',
      scope: 'row',
      sentence: `is ${wayOf(direction)} by ${from}, but "${name}" says "${word}"`,
      hint: `use --map ${shellQuoted(`type=${name}`)}`,
    });
  }
  return undefined;
}

/**
 * Finds out what the first rows say of the words for the direction: whether those that are read are such words, and which
 * columns have such words and feed nothing. A column with one word counts only where all calls go the same way: a word that
 * stands beside calls of both directions says nothing of them.
 *
 * @param columns those that feed nothing
 * @param rows cells of the first rows
 */
export function findDirectionWords(
  rules: Omit<SideRules, 'words'>,
  columns: readonly SampledColumn[],
  rows: readonly (readonly string[])[],
): DirectionWords {
  const { mapping, isInternal, typeMap } = rules;
  const { type } = mapping.sources;
  const read = compileSides({ ...rules, words: nothingSaid });
  const calls = rows.map((cells): SampledCall => {
    const sides = read(cells);
    return { ...sides, bySides: derivedWay(sides, isInternal) };
  });
  const ways = new Set(
    calls.flatMap(({ direction }) => (typeof direction === 'string' ? wayOf(direction) : [])),
  );
  const isDirection = ({ texts: words }: SampledColumn) => {
    const known = words.flatMap((word) => {
      const direction = parseDirection(word, typeMap);
      return direction instanceof Problem ? [] : wayOf(direction);
    });
    const isFilled = words.length * 2 >= rows.length && known.length * 10 >= words.length * 9;
    return known.length > 0 && isFilled && (new Set(known).size > 1 || ways.size === 1);
  };
  const bySides = new Set(calls.map((call) => call.bySides));
  const isOneWord = type.column !== undefined && new Set(type.column.texts).size === 1;
  const outward = calls.filter((call) => call.bySides !== undefined && call.bySides !== 'internal');
  // A direction that the sides contradict is a problem by now.
  const turned = outward.filter(
    ({ direction, bySides }) => typeof direction !== 'string' || wayOf(direction) !== bySides,
  );
  return {
    isNone: ways.size === 0 && (bySides.size > 1 || bySides.has(undefined)) && isOneWord,
    unused: type.by === 'map' || type.kind === 'constant' ? [] : columns.filter(isDirection),
    isTurned:
      mapping.parties === undefined &&
      outward.every(({ direction }) => direction instanceof Contradicted) &&
      new Set(outward.map((call) => call.bySides)).size === 2,
    isMostlyTurned: turned.length >= 2 && turned.length * 2 > outward.length,
    isEachTold: calls.every(isTold),
    turnedNumbers: turnedNumbersOf(calls, isInternal),
  };
}

/** A call of the first rows, and its direction by which side is an extension; undefined where that cannot be told. */
interface SampledCall extends Sides {
  readonly bySides: Direction | undefined;
}

function derivedWay({ caller, to }: Sides, isInternal: InternalTest): Direction | undefined {
  if (caller instanceof Problem || to instanceof Problem) return undefined;
  const direction = deriveDirection(caller, to, isInternal);
  return direction instanceof Problem ? undefined : direction;
}

/** Whether the extension of a call shows who called whom; a call without two numbers says nothing either way. */
function isTold({ caller, to, direction, bySides }: SampledCall): boolean {
  if (caller instanceof Problem || to instanceof Problem) return true;
  return bySides !== undefined && (bySides !== 'internal' || direction === 'internal');
}

/** The numbers that are the company's by calls of one way, and the client's in two calls at least, and most, of the other. */
function turnedNumbersOf(sides: readonly Sides[], isInternal: InternalTest): ReadonlySet<string> {
  const calls = sides.flatMap(({ caller, to, direction }) => {
    const isKnown = typeof caller === 'string' && typeof to === 'string' && typeof direction === 'string';
    if (!isKnown || direction === 'internal' || isInternal(caller) || isInternal(to)) return [];
    const isOutbound = direction === 'outbound';
    return [{ isOutbound, own: isOutbound ? caller : to, client: isOutbound ? to : caller }];
  });
  const turned = [true, false].flatMap((way) => {
    const these = calls.filter(({ isOutbound }) => isOutbound === way);
    const others = new Set(calls.filter(({ isOutbound }) => isOutbound !== way).map(({ own }) => own));
    const wrong = these.filter(({ own, client }) => others.has(client) && !others.has(own));
    return wrong.length >= 2 && wrong.length * 2 > these.length ? wrong.map(({ client }) => client) : [];
  });
  return new Set(turned);
}
