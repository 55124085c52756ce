// The header names that are known, in seven languages.

import { type CallField, callFields, type PartyField, partyFields } from '../core/call.js';
import { offsetText } from '../core/display.js';
import { plainName, splitList } from './cell-text.js';
import { parseOffset, zoneByWord } from './time-zones.js';

/** Header names that feed one field. */
interface Aliases {
  /** Names that say exactly this, best first. */
  readonly sure: readonly string[];
  /** Names that say it only where no sure one stands beside them, best first. */
  readonly perhaps: readonly string[];
}

/**
 * The header names by which a column is recognised, in English, Russian, Ukrainian, Spanish, Portuguese, German and Turkish.
 * They are compared whole, without regard to case, spaces and punctuation: "Куда" is never found inside "Откуда".
 * A name stands for one field only. To teach another spelling, add it to its list.
 */
export const aliases = {
  uuid: {
    sure: splitList(`
      unique id, call id, call uuid, call sid, uid, guid, session id, id звонка, ид звонка,
      идентификатор звонка, идентификатор вызова, уникальный идентификатор, id вызова, id llamada, id de llamada, id de la llamada,
      identificador, id único, id da chamada, id chamada, anruf id,
      id дзвінка, ідентифікатор дзвінка, унікальний ідентифікатор, id виклику, çağrı id, arama id, çağrı kimliği
    `),
    perhaps: splitList(
      'linkedid, sid, id, идентификатор, leg id, leg uuid, cdr id, row id, номер звонка, session, conversation id, interaction id',
    ),
  },
  caller: {
    sure: splitList(`
      from, src, source, caller number, caller id number, caller id, calling number, calling party number,
      call from, from number, number from, src num, source number, откуда, от кого, кто звонил, звонящий,
      номер звонящего, вызывающий, вызывающий номер, вызывающий абонент, исходный номер, номер абонента а,
      абонент а, номер а, origen, número origen, número de origen, desde, llamante, número llamante, fuente, origem,
      número de origem, de, chamador, von, anrufer, rufnummer anrufer, quelle, quellrufnummer,
      звідки, від кого, хто дзвонив, хто телефонував, номер того хто дзвонить, arayan, arayan numara, arayan no, kaynak
    `),
    perhaps: splitList('ani, cli, a number, src user, caller user'),
  },
  to: {
    sure: splitList(`
      dst, destination, callee, called, callee number, called number, called party number,
      destination number, call to, to number, number to, dst num, dialed number, dialled number, куда, кому,
      кому звонили, вызываемый, вызываемый номер, вызываемый абонент, номер назначения, набранный номер,
      номер абонента б, абонент б, номер б, destino, número destino, número de destino, hacia, llamado, número llamado, para,
      destinatário, chamado, an, nach, ziel, zielrufnummer, angerufener, empfänger,
      куди, кому дзвонили, куди дзвонили, номер призначення, aranan, aranan numara, aranan no, hedef
    `),
    perhaps: splitList('dnis, cld, target, b number, dst user, callee user'),
  },
  date: {
    sure: splitList(`
      call date, call started, call start date, date time, date and time, start time, start, start date, time start, call start,
      call start time, started, started at, start stamp, start epoch, unix timestamp, timestamp, created at,
      дата и время, дата время, дата и время звонка, дата звонка, дата вызова, время звонка, время вызова,
      время начала, начало звонка, начало вызова, начало, дата, fecha, fecha y hora, fecha hora, fecha de llamada,
      fecha de inicio, inicio, hora de inicio, data, data e hora, data hora, data da chamada, data de início,
      datum, datum und uhrzeit, datum uhrzeit, startzeit, beginn, anrufdatum,
      дата і час, дата та час, дата й час, дата дзвінка, час дзвінка, час початку, початок дзвінка, початок,
      tarih, tarih saat, tarih ve saat, arama tarihi, çağrı tarihi, başlangıç, başlangıç zamanı, başlama zamanı
    `),
    perhaps: splitList(`
      created, created time, init, init time, начало разговора, time, call time, day, call day, время, день, hora, día, zeit, uhrzeit, tag,
      час, saat, zaman
    `),
  },
  type: {
    sure: splitList(`
      direction, call direction, inbound outbound, inbound outbound ind, inbound outbound indicator, call type, communication type, call direction type, тип, тип звонка, вид звонка, вид вызова, тип вызова, направление,
      направление звонка, направление вызова, dirección, sentido, tipo de llamada, tipo, direção,
      tipo de chamada, sentido da chamada, richtung, anrufrichtung, art, anruftyp,
      напрямок, напрям, напрямок дзвінка, тип дзвінка, вид дзвінка, yön, arama yönü, çağrı yönü, arama tipi, çağrı tipi, tür
    `),
    perhaps: [],
  },
  billsec: {
    sure: splitList(`
      talk time, talk duration, bridged duration, talk, talked, talk seconds, talking, talking time, time talking, duration of talk, conversation time,
      conversation, conversation length, talk length, spoken, speaking time, speak time, answered duration,
      connected duration, billed duration, billable duration, billed seconds, billed time, разговор, длит разговора, беседа,
      продолжительность беседы, время беседы, чистое время разговора, conversación, hablado, conversa, gespräch, gesprächszeit,
      conversation duration, billing seconds, bill seconds, billable seconds, talk duraction,
      duration of conversation, длительность разговора, продолжительность разговора, время разговора,
      длительность беседы, user talk time, duration in call, in call duration, talk sec,
      длительность разговора сек, время разговора сек, duración conversación, duración de la conversación,
      tiempo de conversación, tiempo hablado, tempo de conversa, duração da conversa, tempo falado, gesprächsdauer, sprechzeit,
      тривалість розмови, час розмови, розмова, görüşme süresi, konuşma süresi, görüşme, konuşma
    `),
    perhaps: splitList(`
      duration, call duration, duration seconds, seconds, total duration, length, call length, длительность, продолжительность,
      длительность звонка, продолжительность звонка, длительность вызова, общая длительность, duration sec, duration in seconds, duration total,
      длительность сек, продолжительность сек, duración, duración total, duración llamada, duración de la llamada, duração,
      duração total, duração da chamada, dauer, anrufdauer, gesamtdauer,
      тривалість, тривалість дзвінка, загальна тривалість, süre, arama süresi, çağrı süresi, toplam süre
    `),
  },
  link: {
    sure: splitList(`
      recording, recording url, recording link, record url, record link, record, call record,
      recording file, record file, download url, full record file link, запись, запись разговора,
      запись звонка, ссылка на запись, файл записи, grabación, enlace de grabación, gravação, link da gravação, aufnahme, aufzeichnung,
      запис, запис розмови, запис дзвінка, посилання на запис, ses kaydı, kayıt linki
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
      telefon kunde, kundentelefon, externe nummer, externe rufnummer,
      клієнт, номер клієнта, телефон клієнта, зовнішній номер, müşteri, müşteri numarası, müşteri telefonu, dış numara
    `),
    perhaps: splitList(`
      contact, phone, phone number, телефон, номер телефона, контакт, teléfono, número de teléfono, contacto, абонент, номер абонента,
      telefone, número de telefone, contato, telefonnummer, rufnummer, telefon, kunde, kontakt,
      номер телефону, telefon numarası
    `),
  },
  employee: {
    sure: splitList(`
      employee, employee number, employee extension, employee phone, agent, agent number, agent extension,
      agent phone, operator, operator number, operator extension, manager, manager number, manager extension,
      extension, extension number, ext, ext number, employee ext, agent ext, operator ext, manager ext, user ext, internal number, internal extension, internal phone, user extension,
      user number, user phone, сотрудник, номер сотрудника, телефон сотрудника, внутренний номер,
      внутренний номер сотрудника, добавочный, добавочный номер, вн номер, внутр номер, оператор, номер оператора,
      менеджер, номер менеджера, empleado, número empleado, número del empleado, agente, número del agente,
      extensión, extensión del agente, extensión interna, interno, número interno, anexo, operador,
      funcionário, colaborador, atendente, ramal, número do ramal, ramal do agente, ramal interno,
      mitarbeiter, mitarbeiter nummer, nebenstelle, durchwahl, interne nummer, agent nummer,
      співробітник, номер співробітника, внутрішній номер, temsilci, personel, çalışan, dahili, dahili numara, dahili no
    `),
    perhaps: splitList('user, пользователь, usuario, usuário, benutzer, internal, користувач, kullanıcı'),
  },
} as const satisfies Record<CallField | PartyField, Aliases>;

/** Whatever can be found by the name of a column. */
export type NamedField = keyof typeof aliases;
const namedFields: readonly NamedField[] = [...callFields, ...partyFields];

/**
 * A header without what qualifies it: `Duration (sec)`, `talkTimeMs`, `Date/Time (UTC)`, `calldate_gmt`, `Длительность, сек`; in
 * JSON, the last of its names.
 */
export function baseName(name: string): string {
  const last = /(?:^|\.)(\D[^.]*)$/.exec(name)?.[1] ?? name;
  const bare = last.replace(/\s*[([{][^)\]}]*[)\]}]\s*/g, ' ').replace(/,\s*\S+\s*$/, '');
  return plainName(
    inWords(bare)
      .replace(/[_ ](?:gmt|utc|msk|мск)$/i, '')
      .replace(endingUnit, ''),
  );
}

/**
 * The zone that a header names for its times, as --timezone takes it: `Date/Time (MSK)`, `start (Europe/Moscow)`, `(GMT+03:00)`,
 * `calldate_utc`, `Дата (МСК+2)`; undefined where it names none that is sure.
 */
export function zoneOfName(name: string): string | undefined {
  const [, behindUtc] = /(?:^|[\s_([,])(?:utc|gmt)(?![\p{L}\p{N}])([^)\]}]*)/iu.exec(name) ?? [];
  if (behindUtc !== undefined) return offsetBehindUtc(behindUtc);
  const inBrackets = [...name.matchAll(/[([{]([^)\]}]*)[)\]}]/g)].map(([, inside = '']) => inside);
  const last = /[\s_,]([^\s_,()[\]{}]+)$/.exec(name)?.[1] ?? '';
  for (const words of [...inBrackets, last]) {
    const zone = zoneByWord(words);
    if (zone !== undefined) return zone.name;
    if (/^[+-]/.test(words.trim())) return offsetName(words);
  }
  return undefined;
}

/** The offset that stands behind `UTC` in a name; undefined where other words make it unsure. */
function offsetBehindUtc(text: string): string | undefined {
  if (/^(?:[\s_]+(?:date|time|timestamp|start|end))*[\s_]*$/i.test(text)) return offsetName('UTC');
  const [, sign = '', digits] =
    /^\s*([+-])\s*(\d{1,2}(?::?\d\d)?)(?![\d.,])/.exec(text.replace('−', '-')) ?? [];
  return digits === undefined ? undefined : offsetName(`UTC${sign}${digits}`);
}

function offsetName(text: string): string | undefined {
  const offset = parseOffset(text.trim());
  return typeof offset === 'number' ? offsetText(offset) : undefined;
}

/** A name in camel case with a blank before each of its words. */
function inWords(name: string): string {
  return name.replace(/(?<=\p{Ll})(?=\p{Lu})/gu, ' ').trim();
}

const units = {
  s: 's|secs?|seconds?|с|сек|секунд[ыа]?|segundos?|sekunden',
  ms: 'ms|msecs?|millis|milliseconds?|мс|миллисекунд[ыа]?|milisegundos?|millisekunden',
  min: 'mins?|minutes?|мин|минут[ыа]?|minutos?|minuten',
  'm:ss': 'm{1,2}:ss|min:secs?|м{1,2}:сс|мин:сек',
  'h:mm': 'h{1,2}:mm|ч{1,2}:мм|hours:minutes',
} as const;
const endingUnit = new RegExp(
  `[\\s_,.-]+(?:in[\\s_]+|в[\\s_]+)?(?:${Object.values(units).join('|')})$`,
  'iu',
);

/** What the name of a column says of its durations: `Talk time (min)`, `duration_ms`, `Длительность, мин`; undefined for nothing. */
export function unitOfName(name: string): keyof typeof units | undefined {
  const words = inWords(name);
  const forms = ['ms', 'min', 'm:ss', 'h:mm', 's'] as const;
  return forms.find((form) =>
    new RegExp(`(?:^|[\\s_,.([{-])(?:${units[form]})[\\s.)\\]}]*$`, 'iu').test(words),
  );
}

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
  return cells.filter((cell) => fieldsByName.has(plainName(cell)) || fieldsByName.has(baseName(cell))).length;
}
