const lists: ReadonlySet<string> = new Set([
  'calls',
  'data',
  'stats',
  'cdr',
  'cdrs',
  'cdr_root',
  'records',
  'items',
  'value',
  'list',
  'rows',
  'result',
  'results',
  'callDetails',
]);
const wrappers: ReadonlySet<string> = new Set(['data', 'result', 'response']);

/** Whether phone systems keep their records in a list of this name at this place of a document: `calls`, `result.data`, `response.*`. */
export function isListAt(path: readonly string[]): boolean {
  const name = path.at(-1);
  const above = path.slice(0, -1);
  return name !== undefined && above.every(isWrapper) && (lists.has(name) || above[0] === 'response');
}

/** Whether the list may stand inside the object at this place. */
export function isWrapperAt(path: readonly string[]): boolean {
  return path.length <= 2 && path.every(isWrapper);
}

function isWrapper(name: string): boolean {
  return wrappers.has(name);
}

/** Whether a key is the id of a record (Binotel keys its calls by id), not the name of a field. */
export function isId(key: string): boolean {
  return /^\d[\w.-]*$/.test(key);
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The values that a path leads to, through lists too: `data.list` gives the elements of every `list` in `data`. */
export function dig(value: unknown, path: readonly string[]): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap((element: unknown) => dig(element, path));
  const [name, ...rest] = path;
  if (name === undefined) return [value];
  return isObject(value) && Object.hasOwn(value, name) ? dig(value[name], rest) : [];
}

/** The records that one value of a file holds: itself, the objects of a list or of a map keyed by id, the legs in its `list` (Mango). */
export function recordsIn(value: unknown): readonly unknown[] {
  if (isObjects(value)) return value;
  if (!isObject(value)) return [value];
  const { list } = value;
  if (isObjects(list)) return list;
  for (const name in value) if (!isId(name)) return [value];
  const values = Object.values(value);
  return isObjects(values) ? values : [value];
}

function isObjects(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0 && value.every(isObject);
}
