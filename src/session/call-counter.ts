// How the calls of a check are spread: by hour, talked or missed, in and out, by employee.

import type { Call } from '../core/call.js';
import { zoneByIds } from '../core/contradiction.js';
import type { CallShares } from '../core/summary.js';
import { detached } from '../core/text.js';
import type { OpenedByGuess } from '../pipeline/assume.js';
import { fixedZone, openZone, type Zone } from '../records/time-zones.js';

const day = 86_400;

/**
 * Counts the valid calls of a check while they pass, the hours in a zone.
 *
 * @param isExtension tells an extension from an outside number
 */
export function createCallCounter(
  zone: Pick<Zone, 'name' | 'offsetAt'>,
  isExtension: (digits: string) => boolean,
) {
  const hours = new Array<number>(24).fill(0);
  const employees = new Set<string>();
  const offsetOf = dailyOffset(zone.offsetAt);
  const total = { calls: 0, answered: 0, inbound: 0 };
  return {
    see({ date, billsec, type, caller, to }: Call): void {
      total.calls++;
      if (billsec > 0) total.answered++;
      if (type === 'inbound') total.inbound++;
      const hour = Math.floor(((date + offsetOf(date)) % day) / 3600);
      hours[hour] = (hours[hour] ?? 0) + 1;
      const employee = isExtension(to) ? to : caller;
      if (!employees.has(employee) && isExtension(employee)) employees.add(detached(employee));
    },
    shares: (): CallShares => ({
      by_hour: [...hours],
      by_hour_zone: zone.name,
      answered: total.answered,
      missed: total.calls - total.answered,
      inbound: total.inbound,
      outbound: total.calls - total.inbound,
      employees: employees.size,
    }),
  };
}

/** A zone is asked once a day of UTC; on the few days whose offset changes, at every call. */
function dailyOffset(offsetAt: Zone['offsetAt']): Zone['offsetAt'] {
  const known = new Map<number, number>();
  return (unix) => {
    const start = Math.floor(unix / day) * day;
    let offset = known.get(start);
    if (offset === undefined) {
      const first = offsetAt(start);
      offset = first === offsetAt(start + day - 1) ? first : Number.NaN;
      known.set(start, offset);
    }
    return Number.isNaN(offset) ? offsetAt(unix) : offset;
  };
}

/**
 * The zone in which people see the hours of calls: that of this machine, so that a wrong zone of the file shows as calls
 * at night; where this machine stands at UTC, as servers do, that of the file.
 *
 * @param now milliseconds since 1970
 */
export function zoneOfHours(opened: readonly OpenedByGuess[], now: number): Zone {
  const utc = fixedZone(0);
  if (opened.some(({ plan }) => plan.zone.known === 'unknown'))
    return { ...utc, name: 'as if UTC, not known' };
  const names = new Set(opened.map(({ plan }) => plan.zone.name));
  const [only] = names.size === 1 ? names : [];
  const offset = opened[0]?.plan.zone.evidence?.offset ?? 0;
  if (isAtUtc(now) && only === zoneByIds) return fixedZone(offset);
  // The name of the zone takes Intl, whose loading takes 30 ms or more.
  const name = isAtUtc(now) ? (only ?? 'UTC') : new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zone = openZone(name);
  return 'offsetAt' in zone ? zone : utc;
}

/** Whether the clock of this machine shows UTC in winter and in summer. */
function isAtUtc(now: number): boolean {
  const year = new Date(now).getFullYear();
  return [0, 6].every((month) => new Date(year, month, 1).getTimezoneOffset() === 0);
}
