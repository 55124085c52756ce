// Files whose rows are no whole calls: legs that point at each other, events of a call.

import { UserError } from '../core/errors.js';
import type { Table } from '../core/row.js';
import { cellText, namesIn, plainWord, wordsIn } from './cell-text.js';
import type { FieldSource } from './field-sources.js';
import { fieldsOfName } from './header-names.js';
import { type Sample, type SampledColumn, sampleOf } from './sample.js';

const pointer =
  /otherleg|bridge|parent|linked|peer(?:uuid|id|call)|master(?:uuid|id|call)|related|partner(?:uuid|id|call)|[ab]leg(?:uuid|id)/;
/** Such a name is that of an id which all legs of a call share. */
const sharing = /linked|bridge|parent/;

/**
 * Throws a UserError where the rows of a file, which no preset knows, are legs that point at each other: a column such as
 * `other_leg` holds the uuid of another row, or one such as `linkedid` the same id in several rows.
 */
export function refuseLegs(table: Table, { column: uuid }: FieldSource, { columns }: Sample): void {
  if (uuid === undefined) return;
  // A row that cannot be read points at another one all the same.
  const rows = table.sample;
  const ids = columns.filter(
    (one) =>
      one.index === uuid.index || (fieldsOfName(one.name).includes('uuid') && !pointer.test(one.plain)),
  );
  const idsOf = (cells: readonly string[]) => ids.map((id) => id.textIn(cells));
  const lines = new Map(rows.flatMap(({ cells, line }) => idsOf(cells).map((id) => [id, line] as const)));
  for (const column of columns) {
    if (column.index === uuid.index || !pointer.test(column.plain)) continue;
    const isShared = sharing.test(column.plain);
    const first = new Map<string, number>();
    for (const { cells, line } of rows) {
      const other = column.textIn(cells);
      if (other === '' || idsOf(cells).includes(other)) continue;
      const there = lines.get(other) ?? (isShared && /\d/.test(other) ? first.get(other) : undefined);
      if (there !== undefined)
        throw new UserError(
          `${table.file}: its rows are legs of calls that point at each other: "${column.name}" joins lines ${line} and ${there}`,
          { hint: 'Export whole calls, one row each. If every row is a call of its own: --keep-rows.' },
        );
      first.set(other, line);
    }
  }
}

const eventNames = namesIn(`
  event, event type, event name, eventtype, action, state, call state, call event, notification, notify type, kind, stage, phase, type,
  событие, тип события, состояние, evento, tipo de evento, ereignis
`);
const begins = wordsIn(`
    start, started, call start, call started, begin, init, initiated, new, new call, ring, ringing, alerting, dial, dialing, notify start,
    notify out start, chan start, originate, originated, queued, enterqueue, appeared, incoming call, setup, начало, вызов, inicio, início
  `);
const follows = wordsIn(`
    answer, answered, accepted, connect, connected, notify answer, bridge enter, bridge, talking, hangup, hang up, hungup, end, ended,
    call end, call ended, finish, finished, disconnect, disconnected, notify end, notify out end, chan end, linkedid end, release,
    released, terminated, completed, complete, bye, ответ, разговор, завершение, конец, respuesta, fin, fim
  `);

/**
 * Throws a UserError where a file is a log of events: a row for the start of a call, one for its answer, one for its end, all with the id
 * of the call. No mapping makes calls of them.
 */
export function refuseEvents(table: Table): void {
  const { columns, rows } = sampleOf(table);
  for (const event of columns.filter(({ plain }) => eventNames.has(plain))) {
    const texts = [...new Set(rows.map((cells) => event.textIn(cells)))];
    const words = texts.map(plainWord);
    const isLog = words.some((word) => begins.has(word)) && words.some((word) => follows.has(word));
    const id = isLog ? columns.find((column) => isIdOf(event, column)) : undefined;
    if (id === undefined) continue;
    const shown = texts.slice(0, 3).map((text) => `"${text}"`);
    throw new UserError(
      `${table.file}: a log of events, with several rows for a call: "${event.name}" says ${shown.join(', ')}`,
      {
        hint:
          `Export one row a call, with its caller, callee, beginning and talk time. Where the phone system has no such export, make ` +
          `one row of those with the same "${id.name}"; the talk time is the time from the answer to the end.`,
      },
    );
  }
}

/** Whether a column holds the id that events of one call share. */
function isIdOf(event: SampledColumn, { name, plain, index, rows }: SampledColumn): boolean {
  const isId = fieldsOfName(name).includes('uuid') || /id$|uuid|^call$/.test(plain);
  if (index === event.index || !isId) return false;
  const seen = new Map<string, string>();
  return rows.some((cells) => {
    const [id, word] = [cellText(cells[index]), event.textIn(cells)];
    const before = seen.get(id);
    seen.set(id, word);
    return id !== '' && before !== undefined && before !== word;
  });
}
