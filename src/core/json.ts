// Whether a value is an object of JSON, and a text is JSON.

/** An object of JSON. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is an object of JSON: no list, and not null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of a text of JSON; undefined for any other text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a text is JSON as a whole. */
export function isJson(text: string): boolean {
  return parseJson(text) !== undefined;
}

/** The list or object that a value is, or that a text holds as JSON; undefined for all else. */
export function jsonIn(value: unknown): readonly unknown[] | JsonObject | undefined {
  if (typeof value === 'string') return /^\s*[[{]/.test(value) ? jsonIn(parseJson(value)) : undefined;
  return Array.isArray(value) || isObject(value) ? value : undefined;
}
