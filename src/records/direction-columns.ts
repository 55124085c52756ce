// Columns that say which way a call went, by what they hold: words, or yes and no.

import { cellText, plainName, plainWord, splitList } from './cell-text.js';
import { areMostly, type SampleRows } from './column-choice.js';
import type { ComputedSource, FieldSource } from './field-sources.js';

/**
 * The one column that says the direction of all rows, whatever its name; undefined where there is none, or more.
 *
 * @param isWord whether a text is a word for a direction
 */
export function columnOfDirections(
  names: readonly string[],
  rows: SampleRows,
  isWord: (text: string) => boolean,
): FieldSource | undefined {
  const found = names.flatMap((column, index) => {
    const words = rows.map((cells) => cellText(cells[index])).filter((text) => text !== '');
    const isDirection = words.length * 2 >= rows.length && areMostly(words, isWord);
    return isDirection ? [{ kind: 'column', column, index, by: 'values' } as const] : [];
  });
  if (found.length === 1) return found[0];
  return found.length === 0 ? columnOfAnswers(names, rows) : undefined;
}

const inboundNames = splitList(`
  is incoming, incoming, is inbound, inbound, is in, входящий, входящий звонок, entrante, es entrante, eingehend
`).map(plainName);
const outboundNames = splitList(`
  is outgoing, outgoing, is outbound, outbound, is out, исходящий, исходящий звонок, saliente, es saliente, ausgehend
`).map(plainName);
const yes = new Set(splitList('true, yes, y, t, 1, да, sí, si, sim, ja').map(plainWord));
const no = new Set(splitList('false, no, n, f, 0, нет, não, nao, nein').map(plainWord));

/** The direction as a column of yes and no says it: `is_incoming` with `true`; undefined where there is no such column. */
function columnOfAnswers(names: readonly string[], rows: SampleRows): ComputedSource | undefined {
  for (const [index, name] of names.entries()) {
    const isInbound = inboundNames.includes(plainName(name));
    if (!isInbound && !outboundNames.includes(plainName(name))) continue;
    const words = rows.map((cells) => plainWord(cellText(cells[index])));
    if (!areMostly(words, (word) => yes.has(word) || no.has(word))) continue;
    const [when, otherwise] = isInbound ? ['inbound', 'outbound'] : ['outbound', 'inbound'];
    return {
      kind: 'computed',
      what: `${when} where "${name}" says yes`,
      columns: new Map([[name, index]]),
      read(cells) {
        const text = cellText(cells[index]);
        const word = plainWord(text);
        return yes.has(word) ? when : no.has(word) ? otherwise : text;
      },
    };
  }
  return undefined;
}
