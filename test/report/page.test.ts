import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyTally, summarise, summariseCheck } from '../../src/core/summary.js';
import { createAggregate } from '../../src/report/aggregate.js';
import { outcomeText, renderPage } from '../../src/report/page.js';
import { languageOf, wordsOf } from '../../src/report/words.js';

const taker = { queues: true, isSandbox: false };

const check = summariseCheck({ counts: { ...emptyTally.counts, valid: 1, invalid: 1 }, rows: 2 });

/** A page in whose every place for a text of the outside stands this one. */
function pageWith(text: string): string {
  const aggregate = createAggregate({ offsetAt: () => 0, internal: /^/, numbers: true });
  const call = {
    uuid: text,
    caller: text,
    to: text,
    date: 1_728_270_000,
    type: 'inbound',
    billsec: 3,
    account_id: text,
  } as const;
  const origin = { file: text, line: 2 };
  aggregate.addResults([
    { status: 'valid', uuid: text, call, origin },
    { status: 'rejected', uuid: text, reasons: [text], call, origin },
  ]);
  return renderPage(aggregate.data(), {
    command: 'check',
    version: '1.0.0',
    started: 1_728_270_000_000,
    zone: { name: 'UTC', isGiven: true, offsetAt: () => 0 },
    summary: check,
    ended: text,
    files: [{ file: text, [`x${text}`]: text }],
    numbers: true,
    language: 'en',
    taker,
  });
}

/** The tags of a page, which no text of the outside may change. */
const tagsOf = (page: string) => page.match(/<\/?[a-z][^\s>]*/g)?.sort();

describe('a page', () => {
  it('holds the texts of files as texts, whatever is in them', () => {
    const plain = tagsOf(pageWith('plain'));
    const nasty = [
      '<script>alert(1)</script>',
      '"><img src=x onerror=alert(1)>',
      "'><b>",
      '</style></script><svg onload=alert(1)>',
      '<!--',
      '{a|b}',
      ']]>',
      '\u202e<i>\u0000',
    ];
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(tagsOf(pageWith(`a${text}`))).toEqual(plain);
      }),
      { numRuns: 20, examples: nasty.map((text): [string] => [text]) },
    );
  });

  it('names nothing that a browser would load', () => {
    const page = pageWith('plain');
    expect(page).not.toMatch(/(?:src|href|srcset|action|poster)=|@import|url\((?!#)|https?:/);
    expect(page).toContain('default-src &#39;none&#39;');
  });
});

it('shows requests over time of a run of minutes, and not of one of seconds', () => {
  const pageOf = (lastMs: number) => {
    const aggregate = createAggregate({ offsetAt: () => 0, internal: /^/, numbers: false });
    for (const at of [0, lastMs]) aggregate.addRequest(at, true);
    aggregate.addWait(0, 500);
    const facts = {
      command: 'import',
      version: '1',
      started: 0,
      ended: undefined,
      files: [],
      numbers: false,
    } as const;
    const zone = { name: 'UTC', isGiven: true, offsetAt: () => 0 };
    return renderPage(aggregate.data(), { ...facts, zone, summary: check, language: 'en', taker });
  };
  expect(pageOf(5000)).not.toContain('Requests and waits over time');
  expect(pageOf(300_000)).toContain('Requests and waits over time');
});

describe('the outcome in words', () => {
  it.each([
    [check, 'Nothing was sent. 2 records were read, 1 of them valid. Others: 1 invalid.'],
    [
      summariseCheck({ counts: { ...emptyTally.counts, valid: 2, waiting: 1 }, rows: 3 }),
      'Nothing was sent. 3 records were read, 2 of them valid. Others: 1 waiting.',
    ],
    [
      summarise(
        { counts: { ...emptyTally.counts, accepted: 1 }, rows: 1 },
        { requests: 1, retries: 0, seconds: 0.25 },
      ),
      '1 record was read, 1 of them queued by amoCRM. 1 request in 0.3 s.',
    ],
    [
      summariseCheck({ counts: { ...emptyTally.counts, valid: 2, waiting: 1 }, rows: 3 }),
      'Nothing was sent. 3 records were read, 2 of them valid. Others: 1 waiting.',
    ],
    [
      summarise(
        {
          counts: { ...emptyTally.counts, accepted: 1200, rejected: 3, duplicate: 7 },
          rows: 1210,
        },
        { requests: 12, retries: 1, seconds: 75 },
      ),
      '1,210 records were read, 1,200 of them queued by amoCRM. Others: 3 rejected, 7 duplicate. 12 requests in 1 min 15 s.',
    ],
  ])('is %#', (summary, text) => {
    expect(outcomeText(summary, wordsOf.en, taker)).toBe(text);
  });
});

describe('the language', () => {
  it.each([
    [{ LANG: 'ru_RU.UTF-8' }, 'ru'],
    [{ LANG: 'en_US.UTF-8' }, 'en'],
    [{ LANG: 'en_US.UTF-8', LC_ALL: 'ru_RU' }, 'ru'],
    [{ LANG: 'rundi' }, 'en'],
    [{}, 'en'],
  ] as const)('of %j is %s', (env, language) => {
    expect(languageOf(env)).toBe(language);
  });

  it('declines Russian nouns by their number', () => {
    const counts = { ...emptyTally.counts, accepted: 2, invalid: 3 };
    const summary = summarise({ counts, rows: 5 }, { requests: 21, retries: 0, seconds: 1.5 });
    expect(outcomeText(summary, wordsOf.ru, taker)).toBe(
      'Прочитано 5 записей, из них в очереди amoCRM: 2. Остальные: с ошибкой — 3. 21 запрос за 1,5 с.',
    );
  });
});
