// Where the records of a JSON text stand, by its first values.

import { isObject, type JsonObject, jsonIn, parseJson } from '../../core/json.js';
import type { FieldsIn, RecordsAt } from '../format.js';
import { isId, isObjectList, isUsualList } from './records.js';
import { afterSeparators, colon, jsonpStart, openBrace, openBracket, quote, valueEnd } from './scanner.js';

/** Lists that look like calls, of which nothing tells whether they are meant: the path to each, as `--path` takes it. */
export interface OpenLists {
  readonly paths: readonly string[];
  /** There is one; what stands in it may be the legs of the records around it. */
  readonly areLegs: boolean;
}

/** A list of objects, or of nothing, that stands in a document outside of any record. */
interface List {
  readonly path: readonly string[];
  /** How many fields of a call its likeliest element holds. */
  readonly fields: number;
  readonly isEmpty: boolean;
  /** Everything around it has one, and an id: what stands in it may be the legs of a call. */
  readonly mayBeLegs?: boolean;
}

/** So many fields make an object a call: a caller, a callee and a date, say. */
const enoughFields = 3;

/** Whether a value is a call, by the fields that it holds. */
export function isCall(value: unknown, fieldsIn: FieldsIn): boolean {
  return isObject(value) && fieldsIn(value) >= enoughFields;
}

/** So many elements of a list, or values at the top, are looked at. */
const sampled = 20;
/** A list is looked for so many objects and lists down. */
const deepest = 12;

/**
 * Finds where the records of a JSON text stand, by its first values, the last of which may be cut: a list of objects
 * that hold the fields of a call, else a list of a usual name. An object that holds the fields of a call is a record,
 * whatever lists are in it.
 */
export function locateRecords(text: string, fieldsIn: FieldsIn): RecordsAt | OpenLists {
  const start = jsonpStart.exec(text)?.[0].length ?? 0;
  const values = cutList(text, start, 0);
  const top: Place = { path: [], depth: 0 };
  const lists = withLegs(
    values,
    values.map((value) => listsIn(value, top, fieldsIn)),
  );
  const usual = lists.filter(({ path }) => isUsualList(path));
  const found = pathsOf(lists.filter(({ fields }) => fields >= enoughFields));
  const filled = pathsOf(usual.filter(({ isEmpty }) => !isEmpty));
  const likely = found.size > 0 ? found : filled;
  const areLegs = lists.some(({ mayBeLegs, fields }) => mayBeLegs === true && fields >= enoughFields);
  if (likely.size > 1 || areLegs) return { paths: [...likely.keys()], areLegs: likely.size === 1 };
  const [path] = [...likely.values(), ...pathsOf(usual).values()];
  if (path === undefined) return { path: [], by: 'top' };
  return { path, by: found.size > 0 ? 'found' : 'usual' };
}

function pathsOf(lists: readonly List[]): ReadonlyMap<string, readonly string[]> {
  return new Map(lists.map(({ path }) => [path.join('.'), path]));
}

/** A place in a document where lists are looked for. */
interface Place {
  readonly path: readonly string[];
  /** How many objects and lists are around it. */
  readonly depth: number;
}

/** The lists of objects in a value that stand outside of records, in their order. */
function listsIn(value: unknown, place: Place, fieldsIn: FieldsIn): readonly List[] {
  const inner = jsonIn(value);
  if (inner === undefined || place.depth > deepest) return [];
  if (!isObject(inner)) return listsInList(inner, place, fieldsIn);
  if (isCall(inner, fieldsIn)) return [];
  const members = Object.values(inner);
  const areCalls = () => members.slice(0, sampled).every((member) => isCall(member, fieldsIn));
  const byId = Object.keys(inner).every(isId) || areCalls() ? members : [];
  return isObjectList(byId) ? listsInList(byId, place, fieldsIn) : listsInMembers(inner, place, fieldsIn);
}

function listsInMembers(object: JsonObject, { path, depth }: Place, fieldsIn: FieldsIn): readonly List[] {
  return Object.entries(object).flatMap(([name, member]) =>
    listsIn(member, { path: [...path, name], depth: depth + 1 }, fieldsIn),
  );
}

function listsInList(list: readonly unknown[], place: Place, fieldsIn: FieldsIn): readonly List[] {
  const { path, depth } = place;
  if (list.length === 0) return [{ path, fields: 0, isEmpty: true }];
  const first = list.slice(0, sampled);
  const objects = first.filter(isObject);
  if (objects.length === 0)
    return first.flatMap((element) => listsIn(element, { path, depth: depth + 1 }, fieldsIn));
  const fields = Math.max(...objects.map(fieldsIn));
  const parts = fields < enoughFields ? listsInParts(objects, place, fieldsIn) : [];
  return parts.length > 0 ? parts : [{ path, fields, isEmpty: false }];
}

/** The name of an id: what has one and a list of calls may be a call with its legs. */
const idName = /(?:^|[\W_]|[a-z](?=[IUG]))(?:id|uuid|guid)$/i;

/**
 * The lists of calls in the elements of a list that are parts of a document: a header, a table, a page, the calls of a day.
 * Where all hold such a list, and ids, nobody can tell them from calls with their legs.
 */
function listsInParts(elements: readonly JsonObject[], place: Place, fieldsIn: FieldsIn): readonly List[] {
  const found = elements.map((element) =>
    listsInMembers(element, place, fieldsIn).filter(({ fields }) => fields >= enoughFields),
  );
  return withLegs(elements, found);
}

/** The lists that were found in each of these values, all together, with whether they may be legs. */
function withLegs(values: readonly unknown[], found: readonly (readonly List[])[]): readonly List[] {
  const haveAllCalls = found.every((lists) => lists.some(({ fields }) => fields >= enoughFields));
  const hasId = (value: unknown) => isObject(value) && Object.keys(value).some((name) => idName.test(name));
  const mayBeLegs = values.length > 1 && haveAllCalls && values.some(hasId);
  return mayBeLegs ? found.flat().map((list) => ({ ...list, mayBeLegs })) : found.flat();
}

interface PartialValue {
  readonly value: unknown;
  /** The index after it; the length of the text where it is cut. */
  readonly end: number;
}

/** The value that starts at an index; of one that is cut, the members before that, as far down as lists are looked for. */
function valueAt(text: string, start: number, depth: number): PartialValue {
  const end = valueEnd(text, start, true);
  if (end >= 0) return { value: parseJson(text.slice(start, end)), end };
  const code = text.charCodeAt(start);
  const isNested = depth <= deepest;
  if (isNested && code === openBracket) return { value: cutList(text, start + 1, depth), end: text.length };
  if (isNested && code === openBrace) return { value: cutObject(text, start + 1, depth), end: text.length };
  return { value: undefined, end: text.length };
}

/** The values that stand in a text from an index on, one after the other; of the last one what there is of it. */
function cutList(text: string, from: number, depth: number): readonly unknown[] {
  const values: unknown[] = [];
  let index = afterSeparators(text, from);
  while (index < text.length && values.length < sampled) {
    const { value, end } = valueAt(text, index, depth + 1);
    values.push(value);
    index = afterSeparators(text, end);
  }
  return values;
}

function cutObject(text: string, from: number, depth: number): JsonObject {
  const members = new Map<string, unknown>();
  let index = afterSeparators(text, from);
  while (text.charCodeAt(index) === quote) {
    const key = valueAt(text, index, depth + 1);
    const mark = afterSeparators(text, key.end);
    if (typeof key.value !== 'string' || text.charCodeAt(mark) !== colon) break;
    const start = afterSeparators(text, mark + 1);
    if (start >= text.length) break;
    const { value, end } = valueAt(text, start, depth + 1);
    members.set(key.value, value);
    index = afterSeparators(text, end);
  }
  return Object.fromEntries(members);
}
