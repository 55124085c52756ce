// The column that says of each call whether somebody talked, by its name and its words.

import { isDigits, namesIn, plainWord, splitList, wordsIn, yesOrNo } from './cell-text.js';
import { areMostly, type SampledColumn } from './sample.js';

const results = namesIn(`
  result, status, disposition, call status, call result, call state, state, outcome, answered, answered?, hangup cause,
  end reason, reason, результат, результат звонка, статус, статус звонка, статус вызова, состояние, исход, исход звонка,
  отвечен, estado, resultado, estado de la llamada, resultado de la llamada, contestada, status da chamada, situação,
  atendida, ergebnis, anrufstatus, angenommen, статус дзвінка, результат дзвінка, стан, durum, sonuç, arama durumu, çağrı durumu
`);
/** Words that say in any sentence that nobody talked: `Missed by Bob`, `Incoming - missed`. */
const unanswered = splitList(`
  missed, no answer, noanswer, not answered, unanswered, busy, cancel, canceled, cancelled, declined, rejected, abandoned,
  voicemail, voice mail, nopickup, no pickup, no user response, пропущен, пропущенный, пропущено, пропущенная, нет ответа,
  не отвечен, не отвечено, не отвеченный, неотвеченный, не ответил, не принят, не принято, без ответа, занято, отклонен,
  отклонено, отклоненный, отменен, отменено, сброшен, недозвон, не дозвонились, потерян, потерянный, perdida,
  no contestada, no contestado, no contesta, sin respuesta, ocupado, ocupada, cancelada, cancelado, rechazada, rechazado,
  não atendida, nao atendida, não atendido, sem resposta, rejeitada, verpasst, nicht angenommen, nicht erreicht,
  keine antwort, besetzt, abgelehnt, abgebrochen, unbeantwortet, пропущенные, неотвеченные, не состоялся, не состоялась, hung up in queue,
  пропущений, пропущені, пропущено, без відповіді, немає відповіді, не відповів, не відповіли, не прийнято, зайнято, відхилено,
  скасовано, не додзвонились, cevapsız, cevaplanmadı, yanıtsız, yanıtlanmadı, kaçan, kaçırılan, meşgul, reddedildi, iptal, ulaşılamadı
`).map(plainWord);
/** Words that say it of a call where they stand alone. */
const missed = wordsIn(
  'failed, fail, no, false, 0, неудачный, неуспешный, нет, ошибка, fallida, fallido, falhou, não, nein, ні, невдалий, hayır, başarısız',
);
const saysUnanswered = wholeWord(unanswered);

function wholeWord(words: readonly string[]): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.join('|')})(?![\\p{L}\\p{N}])`, 'u');
}

/** Words that say in any sentence that somebody talked, where nothing in it says no: `Call connected`, `Принят сотрудником`. */
const answered = splitList(`
  answered, answer, completed, complete, success, successful, connected, normal clearing, accepted, talked, отвечен, отвечено, отвеченный,
  отвеченные, принят, принято, принятый, принятые, успешный, успешные, успешно, состоялся, состоялась, разговор, завершен, завершено,
  дозвонились, contestada, contestado, atendida, atendido, respondida, completada, exitosa, concluída, completa, angenommen,
  beantwortet, erfolgreich, verbunden, прийнятий, прийняті, прийнято, відповіли, відповів, успішний, успішно, розмова, завершено,
  cevaplandı, cevaplanan, yanıtlandı, görüşüldü, tamamlandı, başarılı
`).map(plainWord);
/** Words that say it of a call where they stand alone. */
const talked = wordsIn('ok, yes, true, 1, да, sí, sim, ja, так, evet');
const saysAnswered = wholeWord(answered);
const saysNo = wholeWord(
  splitList('not, no, non, without, не, нет, без, ні, sin, sem, não, nao, nicht, kein, keine, ohne, değil'),
);
/** Words that say that somebody or something else answered: `Answered elsewhere`, `Completed - IVR`, `Отвечено автоответчиком`. */
const saysOther = wholeWord(
  splitList(`
    elsewhere, other device, another device, ivr, auto attendant, answering machine, machine, voice menu, robot, bot, fax, автоответчик,
    автоответчиком, автоответчика, голосовая почта, голосовой почтой, голосовое меню, голосовым меню, робот, роботом, на другом устройстве,
    автовідповідач, автовідповідачем, anrufbeantworter, mailbox, buzón, buzón de voz, contestador, secretária eletrônica,
    correio de voz, caixa postal, telesekreter
  `),
);
/** `Connected: 0`: the word names what is counted. */
const countsNone = /[\p{L}\s][:= (]+0\)?$/u;
const saysTalk = (word: string) =>
  saysAnswered.test(word) && ![saysNo, saysOther, countsNone].some((but) => but.test(word));

const missedNames = namesIn(`
  missed, is missed, missed call, not answered, unanswered, no answer, пропущен, пропущенный, пропущено, неотвеченный, perdida,
  llamada perdida, chamada perdida, verpasst
`);

/** A column that says of each call whether somebody talked. */
export interface ResultColumn {
  readonly column: SampledColumn;
  /** undefined where it cannot be told from the text. */
  readonly isAnswered: (text: string) => boolean | undefined;
}

/**
 * The column that says of each call whether somebody answered, by its name and its words; undefined where there is none. Words
 * go before codes: a call that nobody answered may be cleared normally as well.
 */
export function resultColumn(columns: readonly SampledColumn[]): ResultColumn | undefined {
  const hasCodes = ({ name, texts }: SampledColumn) =>
    causeNames.test(name) && texts.includes(normalClearing);
  const found = columns.flatMap((column) => {
    // Rejects of ours: that a call was rejected says nothing about who answered it.
    if (column.name === 'status' && columns[column.index + 1]?.name === 'reasons') return [];
    return asResult(column, hasCodes(column)) ?? [];
  });
  return found.find(({ column }) => !hasCodes(column)) ?? found[0];
}

function asResult(column: SampledColumn, hasCodes: boolean): ResultColumn | undefined {
  const { name, texts } = column;
  if (column.isNamed(missedNames) && areMostly(texts, (text) => yesOrNo(text) !== undefined))
    return { column, isAnswered: (text) => (text === '' ? undefined : yesOrNo(text) === false) };
  if (!column.isNamed(results) || texts.length === 0) return undefined;
  const read = causeNames.test(name) ? isAnsweredByCause : isAnswered;
  const speaksOfAnswers = (text: string) =>
    read(text) !== undefined || saysAnswered.test(plainWord(text)) || (hasCodes && isDigits(text));
  const known = texts.filter(speaksOfAnswers).length;
  const isResult = texts.some((text) => saysUnanswered.test(plainWord(text))) || known * 2 >= texts.length;
  return isResult ? { column, isAnswered: read } : undefined;
}

/** Whether the result of a call says that somebody talked; undefined where its words are not known. */
function isAnswered(text: string): boolean | undefined {
  const word = plainWord(text);
  if (missed.has(word) || saysUnanswered.test(word)) return false;
  return talked.has(word) || saysTalk(word) ? true : undefined;
}

const causeNames = /cause|reason|причин/i;
const normalClearing = '16';

/** The same of the reason of an end, where a number is a code of Q.850: 16 is normal clearing; the others are left open. */
function isAnsweredByCause(text: string): boolean | undefined {
  const isCode = isDigits(text) && Number(text) > 0;
  return isCode ? text === normalClearing || undefined : isAnswered(text);
}
