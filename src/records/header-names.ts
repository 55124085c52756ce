import { type CallField, callFields, type PartyField, partyFields } from '../core/call.js';
import { plainName, splitList } from './cell-text.js';

/** Header names that feed one field. */
interface Aliases {
  /** Names that say exactly this, best first. */
  readonly sure: readonly string[];
  /** Names that say it only where no sure one stands beside them, best first. */
  readonly perhaps: readonly string[];
}

/**
 * The header names by which a column is recognised, in English and Russian.
 * They are compared whole, without regard to case, spaces and punctuation: "Куда" is never found inside "Откуда".
 * A name stands for one field only. To teach another spelling, add it to its list.
 */
export const aliases = {
  uuid: {
    sure: splitList(`
      unique id, call id, call uuid, call sid, uid, guid, session id, id звонка, ид звонка,
      идентификатор звонка, уникальный идентификатор, id вызова
    `),
    perhaps: ['linkedid', 'sid', 'id', 'идентификатор'],
  },
  caller: {
    sure: splitList(`
      from, src, source, caller number, caller id number, caller id, calling number, calling party number,
      call from, from number, number from, src num, source number, откуда, от кого, кто звонил, звонящий,
      номер звонящего, вызывающий, вызывающий номер, вызывающий абонент, исходный номер, номер абонента а,
      абонент а
    `),
    perhaps: ['ani', 'a number'],
  },
  to: {
    sure: splitList(`
      dst, destination, callee, called, callee number, called number, called party number,
      destination number, call to, to number, number to, dst num, dialed number, dialled number, куда, кому,
      кому звонили, вызываемый, вызываемый номер, вызываемый абонент, номер назначения, набранный номер,
      номер абонента б, абонент б
    `),
    perhaps: ['dnis', 'b number'],
  },
  date: {
    sure: splitList(`
      call date, date time, date and time, start time, start, start date, time start, call start,
      call start time, started, started at, start stamp, start epoch, unix timestamp, timestamp, created at,
      дата и время, дата время, дата и время звонка, дата звонка, дата вызова, время звонка, время вызова,
      время начала, начало разговора, начало звонка, начало, дата
    `),
    perhaps: ['time', 'call time', 'время'],
  },
  type: {
    sure: splitList(`
      direction, call direction, inbound outbound, inbound outbound ind, inbound outbound indicator, call type, communication type, call direction type, тип, тип звонка, вид звонка, вид вызова, тип вызова, направление,
      направление звонка, направление вызова
    `),
    perhaps: [],
  },
  billsec: {
    sure: splitList(`
      talk time, talk duration, talk seconds, talking, talking time, duration of talk, conversation time,
      conversation duration, billing seconds, bill seconds, billable seconds, talk duraction,
      duration of conversation, длительность разговора, продолжительность разговора, время разговора,
      длительность беседы
    `),
    perhaps: splitList(`
      duration, call duration, duration seconds, seconds, total duration, длительность, продолжительность,
      duration sec, длительность сек, длительность звонка, продолжительность звонка, длительность вызова,
      общая длительность
    `),
  },
  link: {
    sure: splitList(`
      recording, recording url, recording link, record url, record link, record, call record,
      recording file, record file, download url, full record file link, запись, запись разговора,
      запись звонка, ссылка на запись, файл записи
    `),
    perhaps: ['url', 'ссылка'],
  },
  account_id: {
    sure: ['id аккаунта', 'аккаунт'],
    perhaps: [],
  },
  client: {
    sure: splitList(`
      client, client number, client phone, client phone number, customer, customer number, customer phone,
      customer phone number, contact number, contact phone, contact phone number, external number, external phone,
      remote number, remote party, party number, other party, lead phone, клиент, номер клиента, телефон клиента,
      номер телефона клиента, внешний номер, номер контакта, телефон контакта, номер собеседника, собеседник,
      cliente, número cliente, número del cliente, número de cliente, teléfono cliente, teléfono del cliente,
      número externo, número do cliente, telefone do cliente, telefone cliente, kundenrufnummer, rufnummer kunde,
      telefon kunde, kundentelefon, externe nummer, externe rufnummer
    `),
    perhaps: splitList(`
      contact, phone, phone number, телефон, номер телефона, контакт, teléfono, número de teléfono, contacto,
      telefone, número de telefone, contato, telefonnummer, rufnummer, telefon, kunde, kontakt
    `),
  },
  employee: {
    sure: splitList(`
      employee, employee number, employee extension, employee phone, agent, agent number, agent extension,
      agent phone, operator, operator number, operator extension, manager, manager number, manager extension,
      extension, extension number, ext, internal number, internal extension, internal phone, user extension,
      user number, user phone, сотрудник, номер сотрудника, телефон сотрудника, внутренний номер,
      внутренний номер сотрудника, добавочный, добавочный номер, вн номер, внутр номер, оператор, номер оператора,
      менеджер, номер менеджера, empleado, número empleado, número del empleado, agente, número del agente,
      extensión, extensión del agente, extensión interna, interno, número interno, anexo, operador,
      funcionário, colaborador, atendente, ramal, número do ramal, ramal do agente, ramal interno,
      mitarbeiter, mitarbeiter nummer, nebenstelle, durchwahl, interne nummer, agent nummer
    `),
    perhaps: ['user', 'пользователь', 'usuario', 'usuário', 'benutzer', 'internal'],
  },
} as const satisfies Record<CallField | PartyField, Aliases>;

/** Whatever can be found by the name of a column. */
export type NamedField = keyof typeof aliases;
const namedFields: readonly NamedField[] = [...callFields, ...partyFields];

/** Names of a date column and of a time column that together make one date. */
export const dateAndTime = [
  ['date', 'time'],
  ['call date', 'call time'],
  ['start date', 'start time'],
  ['дата', 'время'],
  ['дата звонка', 'время звонка'],
  ['дата вызова', 'время вызова'],
] as const;

/** Columns with the whole length of a call, ringing included: read as talk time only where there is nothing better. */
export const wholeLength: readonly string[] = aliases.billsec.perhaps;

/** The columns of a file, to be found by name. */
export interface ColumnIndex {
  readonly names: readonly string[];
  /** The position of the column of exactly this name, else of one that differs in case, spaces or punctuation only. */
  find(name: string): number | undefined;
}

/** Prepares the columns of a file for look-ups. Where a name stands twice, the first column has it. */
export function indexColumns(names: readonly string[]): ColumnIndex {
  const exact = new Map<string, number>();
  const plain = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    if (!exact.has(name)) exact.set(name, index);
    const key = plainName(name);
    if (key !== '' && !plain.has(key)) plain.set(key, index);
  }
  return { names, find: (name) => exact.get(name) ?? plain.get(plainName(name)) };
}

/** A column that was recognised. */
export interface FoundColumn {
  readonly index: number;
  readonly by: 'name' | 'alias';
  /** Positions of columns that would have fitted as well. */
  readonly others: readonly number[];
}

/** Finds the column that feeds a field: of its own name, else of the first alias; undefined where there is none. */
export function findColumn(field: NamedField, columns: ColumnIndex): FoundColumn | undefined {
  const own = columns.find(field);
  if (own !== undefined) return { index: own, by: 'name', others: [] };
  for (const names of [aliases[field].sure, aliases[field].perhaps]) {
    const found = [...new Set(names.flatMap((name) => columns.find(name) ?? []))];
    const [index, ...others] = found;
    if (index !== undefined) return { index, by: 'alias', others };
  }
  return undefined;
}

/** Finds a date column and a time column that belong together, where the cells of the former hold no time. */
export function findDateAndTime(
  columns: ColumnIndex,
  rows: readonly (readonly string[])[],
): readonly [number, number] | undefined {
  for (const [dateName, timeName] of dateAndTime) {
    const date = columns.find(dateName);
    const time = columns.find(timeName);
    if (date === undefined || time === undefined) continue;
    const first = rows.find((cells) => (cells[date] ?? '').trim() !== '');
    const hasNoTime = /^[^:]*$/.test(first?.[date] ?? '') && !/\d{8}/.test(first?.[date] ?? '');
    if (first !== undefined && hasNoTime && /^\s*\d{1,2}:\d\d/.test(first[time] ?? '')) return [date, time];
  }
  return undefined;
}

const known = new Set(
  [
    ...namedFields.flatMap((field) => [field, ...aliases[field].sure, ...aliases[field].perhaps]),
    ...dateAndTime.flat(),
  ].map(plainName),
);

const fieldsByName = new Map<string, NamedField[]>();
for (const field of namedFields)
  for (const name of [field, ...aliases[field].sure, ...aliases[field].perhaps])
    fieldsByName.set(plainName(name), [...(fieldsByName.get(plainName(name)) ?? []), field]);

/** The fields that a column of this name may feed; a name stands for one at most, `date` and `time` aside. */
export function fieldsOfName(name: string): readonly NamedField[] {
  return fieldsByName.get(plainName(name)) ?? [];
}

/** How many of these cells are names by which a field is known: a header has several, a title line has none. */
export function knownNames(cells: readonly string[]): number {
  return cells.filter((cell) => known.has(plainName(cell))).length;
}
