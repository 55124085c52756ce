// Links signed, and taken from calls whose recording is not there.

import type { Context } from '../context.js';
import type { Call } from '../core/call.js';
import { Problem, UserError } from '../core/errors.js';
import type { CallEntry, Entry } from '../core/outcome.js';
import {
  fileOfLink,
  type RecordingPlace,
  type RecordingState,
  recordingState,
} from '../recordings/recording-files.js';
import {
  type LinkKey,
  neverExpires,
  parseSecrets,
  shortestSecret,
  signatureOf,
} from '../recordings/signature.js';
import type { EntryBatch, RowRef } from '../records/entry-batches.js';
import type { Plan, Records } from '../records/read-records.js';
import { loadLinkSecrets } from '../settings/credentials.js';
import type { Environment, Notices } from './environment.js';

/** What becomes of the links that a template built. */
export interface LinkRules {
  /** The key that signs them; absent: they go unsigned. */
  readonly key?: LinkKey;
  /** Seconds that a signed link plays, or never an end. */
  readonly expires: 'never' | number;
  /** Where recordings are on this machine; absent: nobody looks whether they are there. */
  readonly place?: RecordingPlace;
  /** Seconds after the end of a call for which it waits for its recording. */
  readonly wait: number;
  /** A call that is followed is sent at once, and its note is written over when its recording is there (v4, `--correct`). */
  readonly correctsLater: boolean;
}

/**
 * The keys that sign links, in the order of their ids, hidden from all output from then on; undefined where the settings name
 * no file of them.
 *
 * @throws UserError for a file that cannot be used
 */
export function linkKeysOf({ resolved, context, messages }: Environment): readonly LinkKey[] | undefined {
  const keys = loadLinkSecrets(resolved, parseSecrets, messages.warn);
  for (const { id, secret } of keys ?? []) {
    context.hide(secret);
    if (secret.length >= shortestSecret) continue;
    messages.warn(
      `link_secret_file: secret ${id} is so short (${secret.length} characters) that it can be guessed from a link`,
      'Create a new one: amocalls recordings secret',
    );
  }
  return keys;
}

/**
 * The rules of the settings; undefined where they neither sign nor look.
 *
 * @throws UserError for a secret file that cannot be used, and for a folder without its address
 */
export function linkRulesOf(environment: Environment): LinkRules | undefined {
  const { settings } = environment;
  const { recordingsRoot: root, recordingsUrl: url, linkExpires, linkWait: wait, signLinks } = settings;
  if (root !== undefined && url === undefined) {
    throw new UserError(
      'recordings_root: needs recordings_url, the address under which the folder is served',
      {
        hint: 'Give --recordings-url https://pbx.example/rec/, or set recordings_url in the profile.',
      },
    );
  }
  const keys = signLinks ? linkKeysOf(environment) : undefined;
  const key = keys?.at(-1);
  const place = root === undefined || url === undefined ? undefined : { root, url };
  if (key === undefined && place === undefined) return undefined;
  const correctsLater = settings.api === 'v4' && settings.correct;
  return { expires: linkExpires, wait, correctsLater, ...(key && { key }), ...(place && { place }) };
}

/** Why calls went without a link, with how many there were and the first of them. */
type Left = Map<string, { count: number; readonly line: number | undefined }>;

/** A file whose calls get links. */
interface LinkedFile {
  /** As the user named it, for the one warning a reason. */
  readonly file: string;
  readonly rules: LinkRules | undefined;
  /** It is followed: calls that wait for their recording are looked at again. */
  readonly isEndless?: boolean;
}

/** With so many calls whose recordings are looked for again, no more rows are read. */
const mostWaiting = 10_000;

/** A call whose recording is looked for again at a time, in milliseconds since 1970. */
interface WaitingCall {
  readonly entry: CallEntry;
  readonly dueAt: number;
}

/**
 * Signs the links that the rows' template built, and takes the link from calls whose recording is not there. A call whose
 * recording may still come is `waiting`, for as long as the rules say; a run without an end looks again and gives the call
 * then: its batches say when they are to come again (`demand`). Links that stand in the file itself stay as they are.
 */
export async function* withRecordings(
  environment: { readonly context: Pick<Context, 'now'>; readonly messages: Pick<Notices, 'warn'> },
  { plan, batches }: { readonly plan: Pick<Plan, 'fields'>; readonly batches: Records['batches'] },
  { file, rules, isEndless = false }: LinkedFile,
): AsyncGenerator<EntryBatch> {
  const link = plan.fields.find(({ field }) => field === 'link')?.source;
  if (rules === undefined || link?.kind !== 'template') {
    yield* batches;
    return;
  }
  const left: Left = new Map();
  let waiting: readonly WaitingCall[] = [];
  try {
    for await (const batch of batches) {
      const now = environment.context.now();
      const entries: Entry[] = [];
      const still: WaitingCall[] = [];
      const places = new Map(batch.places);
      const keep = (entry: CallEntry) => still.push({ entry, dueAt: nextLook(entry, rules, now) });
      for (const one of waiting) {
        if (one.dueAt > now) {
          still.push(one);
          continue;
        }
        const found = await linked(one.entry, rules, { now, left });
        if ('status' in found) keep(one.entry);
        // What was sent without a link has nothing new to say where its recording did not come.
        else if (!rules.correctsLater || found.call.link !== undefined) {
          entries.push(found);
          places.set(found.origin, noRows);
        }
      }
      for (const entry of batch.entries) {
        const found = 'status' in entry ? entry : await linked(entry, rules, { now, left });
        if (!isEndless || 'status' in entry || !('status' in found)) entries.push(found);
        else {
          keep(entry);
          entries.push(rules.correctsLater ? withoutLink(entry) : found);
        }
      }
      waiting = still;
      const { dueAt = Number.POSITIVE_INFINITY, isFull = false } = batch.demand ?? {};
      const next = waiting.reduce((earliest, one) => Math.min(earliest, one.dueAt), dueAt);
      yield {
        ...batch,
        entries,
        places,
        demand: { dueAt: next, isFull: isFull || waiting.length >= mostWaiting },
      };
      if (isEndless) warnOf(left, file, environment);
    }
  } finally {
    warnOf(left, file, environment);
  }
}

/** An entry that is given again has its rows in the batch that gave it first. */
const noRows: readonly RowRef[] = [];

/** When a recording is looked for again: the longer its call is over, the less often, and when it is waited for no longer. */
function nextLook({ call }: CallEntry, { wait }: LinkRules, now: number): number {
  const end = (call.date + call.billsec) * 1000;
  const pause = Math.min(Math.max((now - end) / 10, 1000), 60_000);
  return Math.max(now + 1000, Math.min(now + pause, end + wait * 1000));
}

/** A call as it is sent before its recording is there. */
function withoutLink({ call, ...entry }: CallEntry): CallEntry {
  const { link: _, ...rest } = call;
  return { ...entry, call: rest };
}

/** Warns of what was counted so far. */
function warnOf(left: Left, file: string, { messages }: { readonly messages: Pick<Notices, 'warn'> }): void {
  for (const [why, { count, line }] of left) {
    const where = line === undefined ? '' : ` (the first in line ${line})`;
    const text = `${file}: ${count} ${count === 1 ? 'call is' : 'calls are'} sent without a link: ${why}${where}`;
    messages.warn(text, adviceOn(why));
  }
  left.clear();
}

/** One entry as it is sent; `now` in milliseconds since 1970. */
async function linked(
  entry: CallEntry,
  rules: LinkRules,
  { now, left }: { readonly now: number; readonly left: Left },
): Promise<Entry> {
  const { call, origin } = entry;
  const { link } = call;
  if (link === undefined) return entry;
  const state = await stateOf(link, rules.place, now);
  if (state !== 'ready') {
    if (mayStillCome(state) && now / 1000 < call.date + call.billsec + rules.wait) {
      return {
        status: 'waiting',
        uuid: call.uuid,
        account_id: call.account_id,
        origin,
        reasons: [`its recording is ${words[state]}; the next run tries again`],
      };
    }
    return { ...entry, call: unlinked(call, `the recording is ${words[state]}`, entry, left) };
  }
  if (rules.key === undefined || (rules.place !== undefined && !link.startsWith(rules.place.url)))
    return entry;
  const expires = rules.expires === 'never' ? neverExpires : Math.floor(now / 1000) + rules.expires;
  const signature = signatureOf(link, rules.key, expires);
  if (signature instanceof Problem)
    return { ...entry, call: unlinked(call, `it ${signature.text}`, entry, left) };
  return { ...entry, call: { ...call, link_signature: signature } };
}

/** A link elsewhere is not looked for here; one without a folder neither. */
async function stateOf(
  link: string,
  place: RecordingPlace | undefined,
  now: number,
): Promise<RecordingState> {
  if (place === undefined || !link.startsWith(place.url)) return 'ready';
  const file = fileOfLink(link, place);
  return file === undefined ? 'elsewhere' : recordingState(file, now);
}

function mayStillCome(state: RecordingState): boolean {
  return state === 'missing' || state === 'empty' || state === 'being written';
}

const words: Readonly<Record<RecordingState, string>> = {
  ready: 'there',
  missing: 'not there',
  empty: 'empty (0 bytes)',
  'being written': 'still being written',
  elsewhere: 'outside of recordings_root',
  unreadable: 'not readable by this user',
};

function unlinked({ link: _, ...call }: Call, why: string, { origin }: CallEntry, left: Left): Call {
  const before = left.get(why);
  if (before === undefined) left.set(why, { count: 1, line: origin.line });
  else before.count += 1;
  return call;
}

function adviceOn(why: string): string {
  if (why.includes('not readable'))
    return 'Let the user who runs amocalls read the folder of recordings_root.';
  if (why.includes('still being written') || why.includes('not there') || why.includes('empty')) {
    return 'If recordings are written later than calls, let calls wait for them: --link-wait 10m. Otherwise compare the template of the link with the folder recordings_root.';
  }
  return "Correct the template of the link: --map link='https://pbx.example/rec/{+recordingfile}'.";
}
