import type { CallField } from '../core/call.js';

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
    sure: [
      ...['unique id', 'call id', 'call uuid', 'call sid', 'uid', 'guid', 'session id'],
      ...['id звонка', 'ид звонка', 'идентификатор звонка', 'уникальный идентификатор', 'id вызова'],
    ],
    perhaps: ['linkedid', 'sid', 'id', 'идентификатор'],
  },
  caller: {
    sure: [
      ...['from', 'src', 'source', 'caller number', 'caller id number', 'caller id', 'calling number'],
      ...['calling party number', 'call from', 'from number', 'number from', 'src num', 'source number'],
      ...['откуда', 'от кого', 'кто звонил', 'звонящий', 'номер звонящего', 'вызывающий'],
      ...['вызывающий номер', 'вызывающий абонент', 'исходный номер', 'номер абонента а', 'абонент а'],
    ],
    perhaps: ['ani', 'a number'],
  },
  to: {
    sure: [
      ...['dst', 'destination', 'callee', 'called', 'callee number', 'called number', 'called party number'],
      ...[
        'destination number',
        'call to',
        'to number',
        'number to',
        'dst num',
        'dialed number',
        'dialled number',
      ],
      ...['куда', 'кому', 'кому звонили', 'вызываемый', 'вызываемый номер', 'вызываемый абонент'],
      ...['номер назначения', 'набранный номер', 'номер абонента б', 'абонент б'],
    ],
    perhaps: ['dnis', 'b number'],
  },
  date: {
    sure: [
      ...['call date', 'date time', 'date and time', 'start time', 'start', 'start date'],
      ...['time start', 'call start', 'call start time', 'started at', 'start stamp', 'start epoch'],
      ...['unix timestamp', 'timestamp', 'created at'],
      ...['дата и время', 'дата время', 'дата и время звонка', 'дата звонка', 'дата вызова', 'время звонка'],
      ...['время вызова', 'время начала', 'начало разговора', 'начало звонка', 'начало', 'дата'],
    ],
    perhaps: ['time', 'call time', 'время'],
  },
  type: {
    sure: [
      ...['direction', 'call direction', 'call type', 'communication type'],
      ...['тип', 'тип звонка', 'тип вызова', 'направление', 'направление звонка', 'направление вызова'],
    ],
    perhaps: [],
  },
  billsec: {
    sure: [
      ...['talk time', 'talk duration', 'talk seconds', 'talking', 'talking time', 'duration of talk'],
      ...['conversation time', 'conversation duration', 'billing seconds', 'bill seconds'],
      ...['billable seconds', 'talk duraction', 'duration of conversation'],
      ...['длительность разговора', 'продолжительность разговора', 'время разговора', 'длительность беседы'],
    ],
    perhaps: [
      ...['duration', 'call duration', 'duration seconds', 'seconds', 'total duration'],
      ...['длительность', 'продолжительность', 'длительность звонка', 'продолжительность звонка'],
      ...['длительность вызова', 'общая длительность'],
    ],
  },
  link: {
    sure: [
      ...[
        'recording',
        'recording url',
        'recording link',
        'record url',
        'record link',
        'record',
        'call record',
      ],
      ...['recording file', 'record file', 'download url', 'full record file link'],
      ...['запись', 'запись разговора', 'запись звонка', 'ссылка на запись', 'файл записи'],
    ],
    perhaps: ['url', 'ссылка'],
  },
  account_id: {
    sure: ['id аккаунта', 'аккаунт'],
    perhaps: [],
  },
} as const satisfies Record<CallField, Aliases>;

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
