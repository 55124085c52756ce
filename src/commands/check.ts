import type { AssumedFacts, CheckSummary } from '../core/summary.js';
import { print } from '../output/stdout.js';
import { type OpenedByGuess, openByGuess } from '../pipeline/assume.js';
import { inputJobOf } from '../pipeline/read-calls.js';
import { fixedZone, openZone, type Zone } from '../records/time-zones.js';
import { createCallCounter } from './call-shares.js';
import type { CommandRun } from './command.js';
import { assumedFlags, commandFor, describeFiles, factsOfFiles } from './describe-file.js';
import { preview } from './preview.js';
import { openReportFile } from './report-file.js';
import { openSession, type Session } from './session.js';

/**
 * Reads and validates files as import does, says what it made of them and shows what would be sent; sends nothing. What
 * import would ask for is assumed, where the file tells it.
 */
export const check: CommandRun = async (invocation) => {
  const session = await openSession(invocation);
  const { settings, context } = session;
  const forPeople = settings.output === 'table' && !settings.quiet;
  try {
    const reportFile = await openReportFile(session, 'check');
    const opened = await openByGuess(session, session.args);
    if (forPeople) await print(context.stdout, describeFiles(session, opened));
    const files = factsOfFiles(opened, session);
    const job = { ...inputJobOf(session, opened), describe: () => files };
    const isExtension = (digits: string) => settings.internal.test(digits);
    const comparesIds = opened.some(({ plan }) => plan.zone.known === 'ids');
    const counter = createCallCounter(await zoneOfHours(opened, context.now()), { isExtension, comparesIds });
    let next: NextStep = {};
    const conclude = (valid: number): Partial<CheckSummary> => {
      next = valid === 0 || context.interrupt.aborted ? {} : nextStep(session, opened, counter.ids());
      const assumed = opened.flatMap(assumedFacts);
      const sent = next.send === undefined ? {} : { import: next.send };
      return { ...(assumed.length === 0 ? {} : { assumed }), ...sent };
    };
    const exit = await preview(session, job, { files, counter, conclude, reportFile });
    if (forPeople) await print(context.stdout, wordsOf(next));
    return exit;
  } finally {
    session.progress.stop();
  }
};

/**
 * The zone in which people see the hours of calls: that of this machine, so that a wrong zone of the file shows as calls
 * at night; where this machine stands at UTC, as servers do, that of the file.
 *
 * @param now milliseconds since 1970
 */
async function zoneOfHours(opened: readonly OpenedByGuess[], now: number): Promise<Zone> {
  const utc = fixedZone(0);
  if (opened.some(({ plan }) => plan.zone.known === 'unknown'))
    return { ...utc, name: 'as if UTC, not known' };
  const names = new Set(opened.map(({ plan }) => plan.zone.name));
  const [only] = names.size === 1 ? names : [];
  // The name of the zone takes Intl, whose loading takes 30 ms or more.
  const name = isAtUtc(now) ? (only ?? 'UTC') : new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zone = await openZone(name);
  return 'offsetAt' in zone ? zone : utc;
}

/** Whether the clock of this machine shows UTC in winter and in summer. */
function isAtUtc(now: number): boolean {
  const year = new Date(now).getFullYear();
  return [0, 6].every((month) => new Date(year, month, 1).getTimezoneOffset() === 0);
}

/** What a user does next: send, or say first what is not known. */
interface NextStep {
  readonly send?: readonly string[];
  readonly ask?: string;
}

function nextStep(
  session: Session,
  opened: readonly OpenedByGuess[],
  ids: { readonly asked: number; readonly contradict: number },
): NextStep {
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
  const isAssumed = opened.some(({ plan }) => plan.zone.known === 'ids');
  if (isAssumed && ids.contradict * 100 >= Math.max(ids.asked, 1)) {
    const flags = withoutZone(first.flags);
    const command = commandFor(session, 'check', { files: first.files, flags: [...flags, ...exampleZone] });
    return {
      ask: `The unique ids of ${ids.contradict} of ${ids.asked} calls say another zone than the first rows: a clock with summer time, perhaps.\nBefore it is sent, name the zone of its clock, for example: ${command}`,
    };
  }
  if (wanted.length === 0) {
    return { send: [...groups.values()].map((group) => commandFor(session, 'import', group)) };
  }
  const example = wanted.flatMap((what) => (what === 'timezone' ? exampleZone : ['--date-order', 'dmy']));
  const command = commandFor(session, 'check', { files: first.files, flags: [...first.flags, ...example] });
  const what = wanted.map((one) => (one === 'timezone' ? 'the zone of its clock' : 'the order of its dates'));
  return { ask: `Before it can be sent, say ${what.join(' and ')}, for example: ${command}` };
}

const exampleZone = ['--timezone', 'Europe/Moscow'];

function withoutZone(flags: readonly string[]): readonly string[] {
  const at = flags.indexOf('--timezone');
  return at < 0 ? flags : flags.toSpliced(at, 2);
}

function unknownOf(opened: readonly OpenedByGuess[]): readonly ('timezone' | 'date_order')[] {
  return [
    ...(opened.some(({ plan }) => plan.zone.known === 'unknown') ? (['timezone'] as const) : []),
    ...(opened.some(({ plan }) => plan.dateOrder?.known === 'unknown') ? (['date_order'] as const) : []),
  ];
}

function wordsOf({ send, ask }: NextStep): string {
  if (ask !== undefined) return `${ask}\n`;
  return (send ?? []).map((command) => `to send it: ${command}\n`).join('');
}

/** What was assumed of a file, for programs; none where nothing was. */
function assumedFacts(one: OpenedByGuess): readonly AssumedFacts[] {
  const { table, plan, preset, candidates } = one;
  const { zone } = plan;
  const unknown = unknownOf([one]);
  if (preset === undefined && zone.known !== 'ids' && unknown.length === 0) return [];
  const seen = candidates.map((candidate) => ({ preset: candidate.preset.name, sure: candidate.sure }));
  return [
    {
      file: table.file,
      ...(preset === undefined ? {} : { preset: preset.preset.name }),
      ...(seen.length === 0 ? {} : { candidates: seen }),
      ...(zone.known === 'ids' && zone.name !== undefined ? { timezone: zone.name } : {}),
      ...(unknown.length === 0 ? {} : { unknown }),
    },
  ];
}
