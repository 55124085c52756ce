// Reads like import, assumes what the file tells, shows what would be sent, sends nothing.

import { plural } from '../core/display.js';
import { exitCodes } from '../core/errors.js';
import type { AssumedFacts, CallShares, CheckSummary, ContradictedFacts } from '../core/summary.js';
import { print } from '../output/stdout.js';
import { type OpenedByGuess, openByGuess } from '../pipeline/assume.js';
import { inputJobOf } from '../pipeline/input-job.js';
import { isWholeLength } from '../records/column-choice.js';
import type { FieldSource } from '../records/field-sources.js';
import { createCallCounter, zoneOfHours } from '../session/call-counter.js';
import type { CommandRun } from '../session/command.js';
import {
  assumedFlags,
  commandFor,
  describeFiles,
  factsOfFiles,
  isAssumed,
} from '../session/describe-file.js';
import { preview } from '../session/preview.js';
import { openReportFile } from '../session/report-file.js';
import { openSession, type Session } from '../session/session.js';

/**
 * Reads and validates files as import does, says what it made of them and shows what would be sent; sends nothing. What
 * import would ask for is assumed, where the file tells it.
 */
export const check: CommandRun = async (invocation) => {
  const session = await openSession(invocation);
  const { settings, context } = session;
  const forPeople = settings.output === 'table';
  try {
    const reportFile = await openReportFile(session, 'check');
    const input = await openByGuess(session, session.args);
    const { files: opened } = input;
    if (forPeople) await print(context.stdout, describeFiles(session, opened));
    const files = factsOfFiles(opened, session);
    const job = { ...inputJobOf(session, input), describe: () => files };
    const isExtension = (digits: string) => settings.internal.test(digits);
    const counter = createCallCounter(zoneOfHours(opened, context.now()), isExtension);
    let next: NextStep = {};
    const conclude = (valid: number): Partial<CheckSummary> => {
      next = valid === 0 || context.interrupt.aborted ? {} : nextStep(session, opened, input.contested.size);
      const assumed = opened.flatMap(assumedFacts);
      const sent = next.send === undefined ? {} : { import: next.send };
      const contradictions = contradictedFacts(opened);
      return {
        ...(valid === 0 ? {} : counter.shares()),
        ...(assumed.length === 0 ? {} : { assumed }),
        ...(contradictions.length === 0 ? {} : { contradictions }),
        ...sent,
        files,
      };
    };
    for (const { table, plan } of opened) {
      for (const { sentence, hint } of plan.contradictions)
        session.messages.contradict(`${table.file}: ${sentence}`, hint);
    }
    const exit = await preview(session, job, { see: counter.see, conclude, reportFile });
    if (forPeople) await print(context.stdout, wordsOf(next, doubtOf(opened, counter.shares())));
    const isContradicted = opened.some(({ plan }) => plan.contradictions.length > 0);
    return isContradicted && exit === exitCodes.ok ? exitCodes.notAllAccepted : exit;
  } finally {
    session.progress.stop();
  }
};

/** What a user does next: send, or say first what is not known. */
interface NextStep {
  readonly send?: readonly string[];
  readonly ask?: string;
}

function nextStep(session: Session, opened: readonly OpenedByGuess[], contested: number): NextStep {
  if (contested > 0) return { ask: contestedUuids(contested) };
  const files = opened.map(({ table }) => table.file);
  const groups = new Map<string, { readonly files: string[]; readonly flags: readonly string[] }>();
  for (const one of opened) {
    const flags = assumedFlags(one);
    const group = groups.get(flags.join(' ')) ?? { files: [], flags };
    group.files.push(one.table.file);
    groups.set(flags.join(' '), group);
  }
  const [first = { files, flags: [] }] = groups.values();
  const wanted = unknownOf(opened);
  if (wanted.length === 0) {
    return { send: [...groups.values()].map((group) => commandFor(session, 'import', group)) };
  }
  const example = wanted.flatMap((what) => (what === 'timezone' ? exampleZone : ['--date-order', 'dmy']));
  const command = commandFor(session, 'check', { files: first.files, flags: [...first.flags, ...example] });
  const what = wanted.map((one) => (one === 'timezone' ? 'the zone of its clock' : 'the order of its dates'));
  return { ask: `Before it can be sent, say ${what.join(' and ')}, for example: ${command}` };
}

function contestedUuids(count: number): string {
  return `Before it can be sent: ${plural(count, 'uuid stands', 'uuids stand')} on several rows with different calls. Name the column with the id of each row (--map uuid=<column>), or a preset that merges the rows of a call.`;
}

const exampleZone = ['--timezone', 'Europe/Moscow'];

function unknownOf(opened: readonly OpenedByGuess[]): readonly ('timezone' | 'date_order')[] {
  return [
    ...(opened.some(({ plan }) => plan.zone.known === 'unknown') ? (['timezone'] as const) : []),
    ...(opened.some(({ plan }) => plan.dateOrder?.known === 'unknown') ? (['date_order'] as const) : []),
  ];
}

/** What is said beside the command where the talk time may be that of the whole call: who answers all calls has none missed. */
function doubtOf(opened: readonly OpenedByGuess[], { answered, missed }: CallShares): string {
  const isWhole = opened.some(({ plan }) =>
    plan.fields.some(({ field, source }) => field === 'billsec' && namesOf(source).some(isWholeLength)),
  );
  const share = Math.round((answered / Math.max(1, answered + missed)) * 100);
  return isWhole ? ` (${share} % answered, by a duration that may count the ringing)` : '';
}

function wordsOf({ send, ask }: NextStep, doubt: string): string {
  if (ask !== undefined) return `${ask}\n`;
  return (send ?? []).map((command) => `to send it${doubt}: ${command}\n`).join('');
}

/** The column that a talk time is read from; none where others tell its meaning. */
function namesOf(source: FieldSource): readonly string[] {
  const isOne = source.column !== undefined || (source.kind === 'computed' && source.columns.length === 1);
  return isOne ? source.columns.map(({ name }) => name) : [];
}

/** What in the files contradicts what was asked for, for programs. */
function contradictedFacts(opened: readonly OpenedByGuess[]): readonly ContradictedFacts[] {
  return opened.flatMap(({ table, plan }) =>
    plan.contradictions.map(({ kind, sentence, hint }) => ({
      file: table.file,
      kind,
      sentence,
      settled_by: hint,
    })),
  );
}

/** What was assumed of a file, for programs; none where nothing was. */
function assumedFacts(one: OpenedByGuess): readonly AssumedFacts[] {
  const { table, plan, preset, candidates } = one;
  const { zone } = plan;
  const unknown = unknownOf([one]);
  const timezone = isAssumed(zone) ? zone.name : undefined;
  if (preset === undefined && timezone === undefined && unknown.length === 0) return [];
  const seen = candidates.map((candidate) => ({ preset: candidate.preset.name, sure: candidate.sure }));
  return [
    {
      file: table.file,
      ...(preset === undefined ? {} : { preset: preset.preset.name }),
      ...(seen.length === 0 ? {} : { candidates: seen }),
      ...(timezone === undefined ? {} : { timezone }),
      ...(unknown.length === 0 ? {} : { unknown }),
    },
  ];
}
