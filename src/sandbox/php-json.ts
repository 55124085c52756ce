/** Text that json_encode leaves as it is. */
const plain = /^[\w .:;,+@#()-]*$/;

/** A string as PHP's json_encode writes it: `/` as `\/`, all that is not ASCII as `\uXXXX`. */
export function phpString(text: string): string {
  if (plain.test(text)) return `"${text}"`;
  return JSON.stringify(text)
    .replaceAll('/', '\\/')
    .replace(/[\x80-\uffff]/g, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * An array as PHP's json_encode writes it: a list where the keys are 0, 1, 2, … in this order (so also where
 * there are none), else an object.
 *
 * @param entries keys as text, each once, and values as JSON
 */
export function phpArray(entries: readonly (readonly [string, string])[]): string {
  const isList = entries.every(([key], index) => key === String(index));
  return isList
    ? `[${entries.map(([, json]) => json).join(',')}]`
    : `{${entries.map(([key, json]) => `${phpString(key)}:${json}`).join(',')}}`;
}
