// Every text of a report, in English and Russian.

import { durationText } from '../core/display.js';
import type { Status, Taker } from '../core/outcome.js';
import type { PeriodUnit } from './aggregate.js';

/** The languages of a report: the values of `--lang`. */
export const languages = ['en', 'ru'] as const;
export type Language = (typeof languages)[number];

/** The language of a user by the locale of the environment, in the order of POSIX; English where it says nothing we know. */
export function languageOf(env: Readonly<Record<string, string | undefined>>): Language {
  const locale = env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '';
  return /^ru(?:[_.@-]|$)/i.test(locale) ? 'ru' : 'en';
}

const tenths = (seconds: number) => seconds < 9.5 && !Number.isInteger(seconds);

/** Every text of a report. One word for one thing: a table, a chart and a tile say the same. */
const en = {
  language: 'en',
  /** A whole number, in groups of three digits. */
  integer: (value: number) => value.toLocaleString('en-US'),
  /** Seconds as people read them. */
  duration: (seconds: number) => (tenths(seconds) ? `${seconds.toFixed(1)} s` : durationText(seconds)),
  statuses: {
    accepted: 'accepted',
    rejected: 'rejected',
    invalid: 'invalid',
    duplicate: 'duplicate',
    filtered: 'filtered',
    unconfirmed: 'unconfirmed',
    unsent: 'unsent',
    waiting: 'waiting',
  } satisfies Record<Status, string>,
  tiles: {
    calls: 'Calls',
    answered: 'Answered',
    missed: 'Missed',
    inbound: 'Inbound',
    talk: 'Talk time',
    problems: 'Problems',
    hours: 'h',
  },
  read: (records: string, count: number) => `${records} ${count === 1 ? 'record was' : 'records were'} read`,
  nothingSent: 'Nothing was sent.',
  ofThemValid: (valid: string) => `${valid} of them valid.`,
  ofThemTaken: (taken: string, { queues, isSandbox }: Taker) =>
    `${taken} of them ${queues ? 'queued by' : 'added to'} ${isSandbox ? 'the sandbox' : 'amoCRM'}.`,
  others: (list: string) => ` Others: ${list}.`,
  counted: (count: string, status: string) => `${count} ${status}`,
  requestsIn: (requests: string, count: number, time: string) =>
    `${requests} ${count === 1 ? 'request' : 'requests'} in ${time}.`,
  noPictures: 'This run has no calls to show in charts.',
  footer: (hasNumbers: boolean): string =>
    hasNumbers
      ? 'This file holds phone numbers of customers.'
      : 'Phone numbers are left out or show only their last two digits.',
  problems: {
    title: 'Problems',
    none: 'None.',
    text: 'Search',
    status: 'Status',
    all: 'all',
    file: 'file',
    line: 'line',
    reason: 'reason',
    parties: 'caller → to',
  },
  shownOf: '{shown} of {all} shown',
  moreProblems: (most: string, more: string) =>
    `The first ${most} are listed; there are ${more} more. --rejects writes them all to a file.`,
  howRead: (files: number) => `How ${files === 1 ? 'the file was' : 'the files were'} read`,
  heat: {
    title: 'Calls by hour and weekday',
    hour: 'hour',
    noZone: ', since no time zone was given',
    times: 'Times in',
  },
  weekdays: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'],
  units: { day: 'day', week: 'week', month: 'month', year: 'year', weekFrom: 'week from' } satisfies Record<
    PeriodUnit | 'weekFrom',
    string
  >,
  answeredMissedBy: (unit: string) => `Answered and missed by ${unit}`,
  missedNote: 'Missed calls have no talk time; they include outbound calls that nobody answered.',
  talkBy: (unit: string) => `Talk time by ${unit}`,
  columns: {
    calls: 'calls',
    inbound: 'inbound',
    answered: 'answered',
    missed: 'missed',
    talk: 'talk time',
    extension: 'extension',
    minutes: 'minutes',
  },
  employees: { title: 'By employee', note: 'Who took or made the call, by extension.' },
  firstEmployees: (shown: number, all: string) =>
    `The ${shown} extensions with the most calls, out of ${all}.`,
  requests: {
    title: 'Requests and waits over time',
    unit: 'requests',
    succeeded: 'succeeded',
    failed: 'failed',
    waits: 'waits',
    waited: 'seconds waited',
    neverWaited: 'The run did not have to wait.',
    from: 'from',
  },
  requestsNote: (time: string) =>
    `Each bar covers ${time} of the run. Waits are for the rate limit, for retries and for pauses that the service asked for.`,
  showNumbers: 'show the numbers',
};

export type Words = typeof en;

/** The form of a Russian noun that goes with a number: one, few, many. */
function russian(count: number, forms: readonly [one: string, few: string, many: string]): string {
  const rule = new Intl.PluralRules('ru').select(count);
  return rule === 'one' ? forms[0] : rule === 'few' ? forms[1] : forms[2];
}

/** Units as they stand behind `по`. */
const russianPlurals: Readonly<Record<string, string>> = {
  день: 'дням',
  неделя: 'неделям',
  месяц: 'месяцам',
  год: 'годам',
};

const ru: Words = {
  language: 'ru',
  integer: (value) => value.toLocaleString('ru-RU'),
  duration: (seconds) =>
    tenths(seconds)
      ? `${seconds.toFixed(1).replace('.', ',')} с`
      : durationText(seconds).replace('min', 'мин').replace(/\bs$/, 'с').replace(/\bh\b/, 'ч'),
  statuses: {
    accepted: 'принят',
    rejected: 'отклонён',
    invalid: 'с ошибкой',
    duplicate: 'повтор',
    filtered: 'отфильтрован',
    unconfirmed: 'не подтверждён',
    unsent: 'не отправлен',
    waiting: 'ожидает',
  },
  tiles: {
    calls: 'Звонки',
    answered: 'Отвеченные',
    missed: 'Пропущенные',
    inbound: 'Входящие',
    talk: 'Время разговора',
    problems: 'Проблемы',
    hours: 'ч',
  },
  read: (records, count) =>
    `${russian(count, ['Прочитана', 'Прочитаны', 'Прочитано'])} ${records} ${russian(count, ['запись', 'записи', 'записей'])}`,
  nothingSent: 'Ничего не отправлено.',
  ofThemValid: (valid) => `из них можно отправить: ${valid}.`,
  ofThemTaken: (taken, { queues, isSandbox }) =>
    queues
      ? `из них в очереди ${isSandbox ? 'песочницы' : 'amoCRM'}: ${taken}.`
      : `из них добавлено в ${isSandbox ? 'песочницу' : 'amoCRM'}: ${taken}.`,
  others: (list) => ` Остальные: ${list}.`,
  // Statuses are singular: they do not go with a number in front of them.
  counted: (count, status) => `${status} — ${count}`,
  requestsIn: (requests, count, time) =>
    `${requests} ${russian(count, ['запрос', 'запроса', 'запросов'])} за ${time}.`,
  noPictures: 'В этом запуске нет звонков для диаграмм.',
  footer: (hasNumbers) =>
    hasNumbers
      ? 'В этом файле есть телефонные номера клиентов.'
      : 'Телефонные номера скрыты, кроме двух последних цифр.',
  problems: {
    title: 'Проблемы',
    none: 'Нет.',
    text: 'Поиск',
    status: 'Статус',
    all: 'все',
    file: 'файл',
    line: 'строка',
    reason: 'причина',
    parties: 'кто → кому',
  },
  shownOf: 'показано {shown} из {all}',
  moreProblems: (most, more) =>
    `Показаны первые ${most}, есть ещё ${more}. Чтобы записать в файл все, добавьте --rejects.`,
  howRead: (files) => (files === 1 ? 'Как был прочитан файл' : 'Как были прочитаны файлы'),
  heat: {
    title: 'Звонки по часам и дням недели',
    hour: 'час',
    noZone: ': часовой пояс не задан',
    times: 'Время:',
  },
  weekdays: ['Пн', 'Вт', 'Ср', 'Чт', 'Пт', 'Сб', 'Вс'],
  units: { day: 'день', week: 'неделя', month: 'месяц', year: 'год', weekFrom: 'неделя с' },
  answeredMissedBy: (unit) => `Отвеченные и пропущенные по ${russianPlurals[unit] ?? unit}`,
  missedNote:
    'У пропущенных звонков нет времени разговора; сюда входят и исходящие звонки, на которые не ответили.',
  talkBy: (unit) => `Время разговора по ${russianPlurals[unit] ?? unit}`,
  columns: {
    calls: 'звонки',
    inbound: 'входящие',
    answered: 'отвеченные',
    missed: 'пропущенные',
    talk: 'время разговора',
    extension: 'внутренний номер',
    minutes: 'минуты',
  },
  employees: { title: 'По сотрудникам', note: 'Кто принял звонок или звонил сам, по внутреннему номеру.' },
  firstEmployees: (shown, all) => `Внутренние номера с наибольшим числом звонков: ${shown} из ${all}.`,
  requests: {
    title: 'Запросы и ожидание по времени',
    unit: 'запросы',
    succeeded: 'успешные',
    failed: 'неудачные',
    waits: 'ожидание',
    waited: 'ожидание, с',
    neverWaited: 'Ожидания не было.',
    from: 'с начала',
  },
  requestsNote: (time) =>
    `Каждый столбец — ${time} работы. Ожидание: из-за лимита запросов, повторов и пауз, о которых просил сервис.`,
  showNumbers: 'показать числа',
};

export const wordsOf: Readonly<Record<Language, Words>> = { en, ru };
