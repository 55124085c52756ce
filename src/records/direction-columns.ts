// Columns that say which way a call went, by what they hold: words, or yes and no.

import { cellText, namesIn, yesOrNo } from './cell-text.js';
import { type ComputedSource, columnSource, type FieldSource } from './field-sources.js';
import { areMostly, type SampledColumn } from './sampled-columns.js';

/**
 * The one column that says the direction of all rows, whatever its name; undefined where there is none, or more.
 *
 * @param isWord whether a text is a word for a direction
 */
export function columnOfDirections(
  columns: readonly SampledColumn[],
  isWord: (text: string) => boolean,
): FieldSource | undefined {
  const [found, ...more] = columns.filter(
    ({ texts, rows }) => texts.length * 2 >= rows.length && areMostly(texts, isWord),
  );
  if (found === undefined) return columnOfAnswers(columns);
  return more.length > 0 ? undefined : columnSource(found, 'values');
}

const inboundNames = namesIn(`
  is incoming, incoming, is inbound, inbound, is in, входящий, входящий звонок, entrante, es entrante, eingehend
`);
const outboundNames = namesIn(`
  is outgoing, outgoing, is outbound, outbound, is out, исходящий, исходящий звонок, saliente, es saliente, ausgehend
`);

/** The direction as a column of yes and no says it: `is_incoming` with `true`; undefined where there is no such column. */
function columnOfAnswers(columns: readonly SampledColumn[]): ComputedSource | undefined {
  const found = columns.find(
    ({ plain, rows, index }) =>
      (inboundNames.has(plain) || outboundNames.has(plain)) &&
      areMostly(rows, (cells) => yesOrNo(cellText(cells[index])) !== undefined),
  );
  if (found === undefined) return undefined;
  const { name, index, plain } = found;
  const [when, otherwise] = inboundNames.has(plain) ? ['inbound', 'outbound'] : ['outbound', 'inbound'];
  return {
    kind: 'computed',
    what: `${when} where "${name}" says yes`,
    columns: new Map([[name, index]]),
    read(cells) {
      const text = cellText(cells[index]);
      const answer = yesOrNo(text);
      return answer === undefined ? text : answer ? when : otherwise;
    },
  };
}
