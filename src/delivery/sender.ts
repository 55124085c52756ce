import type { Settlement } from '../core/ledger.js';
import type { CallEntry } from '../core/outcome.js';
import type { LostAnswer, NotReceived, Refused, Settled } from '../core/send-result.js';
import type { Gate } from './gate.js';
import type { DeliveryPolicy, DeliveryWorld } from './options.js';
import { backoff } from './retry.js';
import type { Standing } from './standing.js';

/** How sending one body ended. */
export type Sent =
  /** Each call has its fate: a settlement for each, in the order of the calls. */
  | { readonly kind: 'done'; readonly settlements: readonly Settlement[] }
  /** The body was refused as a whole. */
  | { readonly kind: 'refused'; readonly judgement: Refused };

/** Sends one body until its fate is known, within the rules of sending again. */
export type Sender = (entries: readonly CallEntry[]) => Promise<Sent>;

/**
 * Makes the sender of a run. Only what surely never arrived is sent again; a lost answer is held as
 * `unconfirmed` unless the policy says `resend`.
 */
export function createSender(
  policy: DeliveryPolicy,
  world: DeliveryWorld,
  standing: Standing,
  gate: Gate,
): Sender {
  return async (entries) => {
    const calls = entries.map((entry) => entry.call);
    let lost: string | undefined;
    for (let attempt = 1; ; attempt++) {
      if (!(await gate.pass())) return giveUp(entries, lost, standing.reason());
      standing.sent(attempt > 1);
      const judgement = await world.send(calls);
      if (judgement.kind === 'settled') {
        standing.contented(judgement.verdicts.accepted.size);
        await gate.content();
        return { kind: 'done', settlements: settle(entries, judgement, world) };
      }
      if (judgement.kind === 'refused') return { kind: 'refused', judgement };
      if (judgement.kind === 'stop') {
        standing.halt({ message: judgement.why, hint: judgement.hint, exit: judgement.exit });
        return giveUp(entries, lost, judgement.why);
      }
      if (judgement.kind === 'lost') lost = judgement.why;
      if (!(await mayTryAgain(judgement, attempt))) {
        standing.failed(judgement.why, judgement.kind === 'lost');
        return giveUp(entries, lost, judgement.why);
      }
    }
  };

  /** Pauses as long as the failure asks for; false where the request is to be given up. */
  async function mayTryAgain(judgement: NotReceived | LostAnswer, attempt: number): Promise<boolean> {
    const least = judgement.kind === 'not received' ? judgement.waitMs : undefined;
    const throttled = least !== undefined || (judgement.kind === 'not received' && judgement.throttled);
    const pause = backoff(attempt, throttled, world.random(), least);
    if (throttled) await gate.throttled(pause);
    if (judgement.kind === 'lost' && policy.onLostAnswer === 'hold') return false;
    if (attempt > policy.retries || !standing.mayRepeat(policy.retries)) return false;
    await world.sleep(pause, standing.halted);
    return true;
  }
}

function settle(entries: readonly CallEntry[], answer: Settled, world: DeliveryWorld): readonly Settlement[] {
  const { accepted, rejected, unknownUuids } = answer.verdicts;
  if (unknownUuids.length > 0) {
    world.note(
      `the service answered for a uuid that was not in the request: ${unknownUuids.slice(0, 3).join(', ')}`,
    );
  }
  return entries.map(({ call: { uuid } }) => {
    if (accepted.has(uuid)) return { uuid, state: 'accepted' };
    const reasons = rejected.get(uuid);
    if (reasons !== undefined) return { uuid, state: 'rejected', reasons };
    return { uuid, state: 'unconfirmed', reasons: ['the answer named this uuid nowhere'] };
  });
}

function giveUp(entries: readonly CallEntry[], lost: string | undefined, why: string): Sent {
  const state = lost === undefined ? 'unsent' : 'unconfirmed';
  const reasons = [lost ?? why];
  return { kind: 'done', settlements: entries.map(({ call: { uuid } }) => ({ uuid, state, reasons })) };
}
