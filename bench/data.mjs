// Makes the same call records for everyone, from a seed: CSV, NDJSON, and bodies that were encoded before.
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { bench } from './place.mjs';

const version = 1;
const columns = ['uuid', 'caller', 'to', 'date', 'type', 'billsec', 'link', 'note'];
const notes = ['call back, please', 'the "big" order', 'asked for prices, wants a discount; third time'];
/** 2024-01-01. */
const firstDate = 1_704_067_200;

/** mulberry32: small, even enough, the same everywhere. */
function chanceOf(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The records from number `from` on: a call every few seconds, one in ten with a note that needs quotes. */
export function* records(count, from = 0) {
  const chance = chanceOf(from + 1);
  const digits = (many) => String(Math.floor(chance() * 10 ** many)).padStart(many, '0');
  for (let number = from; number < from + count; number++) {
    const date = firstDate + number * 3;
    const uuid = `${date}.${String(number).padStart(7, '0')}`;
    const inbound = chance() < 0.6;
    const outside = `7495000${digits(4)}`;
    const inside = `1${digits(2)}`;
    yield {
      uuid,
      caller: inbound ? outside : inside,
      to: inbound ? inside : outside,
      date,
      type: inbound ? 'inbound' : 'outbound',
      billsec: chance() < 0.2 ? 0 : Math.floor(chance() * 600),
      link: `https://pbx.example/rec/2024/${digits(2)}/${uuid}-${digits(8)}.mp3`,
      note: chance() < 0.1 ? notes[Math.floor(chance() * notes.length)] : 'ok',
    };
  }
}

export function csvLine(record) {
  return columns.map((column) => csvCell(String(record[column]))).join(',');
}

function csvCell(text) {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A file of so many records in .bench/data, made once. */
export function dataFile(rows, format = 'csv') {
  const name = join(bench, 'data', `calls-${rows}-v${version}.${format}`);
  if (existsSync(name)) return name;
  const line = format === 'csv' ? csvLine : JSON.stringify;
  return written(name, function* () {
    if (format === 'csv') yield columns.join(',');
    for (const record of records(rows)) yield line(record);
  });
}

/** Writes lines in large pieces, under another name until all of them stand there. */
function written(name, lines) {
  mkdirSync(join(name, '..'), { recursive: true });
  const file = openSync(`${name}.part`, 'w');
  let piece = '';
  for (const line of lines()) {
    piece += `${line}\n`;
    if (piece.length > 1 << 20) {
      writeSync(file, piece);
      piece = '';
    }
  }
  writeSync(file, piece);
  closeSync(file);
  renameSync(`${name}.part`, name);
  return name;
}

export const csvHeader = columns.join(',');

const fields = ['uuid', 'caller', 'to', 'date', 'type', 'billsec', 'link'];

/** One body of a request, as PHP's http_build_query writes it. */
function bodyOf(calls, account) {
  const pairs = calls.flatMap((call, index) =>
    [...fields.map((field) => [field, call[field]]), ['account_id', account]].map(
      ([field, value]) => `request%5Badd%5D%5B${index}%5D%5B${field}%5D=${encodeURIComponent(value)}`,
    ),
  );
  return pairs.join('&');
}

/** One body of a request to API v4. */
function bodyOfV4(calls) {
  return JSON.stringify(
    calls.map(({ uuid, caller, to, date, type, billsec, link }, index) => ({
      uniq: uuid,
      direction: type,
      duration: billsec,
      source: 'amocalls',
      phone: type === 'inbound' ? caller : to,
      link,
      call_status: billsec > 0 ? 4 : 6,
      created_at: date,
      request_id: String(index),
    })),
  );
}

/** How the bodies of each API are made, and how many calls stand in one by default. */
const bodies = {
  'calls-add': { size: 100, ending: 'form', make: bodyOf },
  v4: { size: 50, ending: 'json', make: bodyOfV4 },
};

/** A folder with the bodies of so many records, a file a body; made once. */
export function bodiesFolder(rows, account, api = 'calls-add') {
  const folder = join(bench, 'data', `bodies-${api}-${rows}-v${version}`);
  if (existsSync(folder)) return folder;
  const { size, ending, make } = bodies[api];
  const part = `${folder}.part`;
  mkdirSync(part, { recursive: true });
  let calls = [];
  let number = 0;
  const write = () => {
    writeFileSync(join(part, `${String(number).padStart(6, '0')}.${ending}`), make(calls, account));
    number += 1;
    calls = [];
  };
  for (const record of records(rows)) if (calls.push(record) === size) write();
  if (calls.length > 0) write();
  renameSync(part, folder);
  return folder;
}
