import type { Call } from '../core/call.js';
import type { CallShares } from '../core/summary.js';
import { epochOf } from '../records/date-inference.js';
import type { Zone } from '../records/time-zones.js';

/** Counts the valid calls of a check while they pass. */
export interface CallCounter {
  readonly see: (call: Call) => void;
  readonly shares: () => CallShares;
  /** Calls whose unique id holds a unix second, and those of them whose date is half an hour or more away from it; 0 where ids are not compared. */
  readonly ids: () => { readonly asked: number; readonly contradict: number };
}

const day = 86_400;

/** How calls are counted. */
interface CounterOptions {
  /** Tells an extension from an outside number. */
  readonly isExtension: (digits: string) => boolean;
  /** Whether unique ids are compared with dates. */
  readonly comparesIds: boolean;
}

/** Starts counting, the hours in a zone. */
export function createCallCounter(
  zone: Pick<Zone, 'name' | 'offsetAt'>,
  { isExtension, comparesIds }: CounterOptions,
): CallCounter {
  const hours = new Array<number>(24).fill(0);
  const employees = new Set<string>();
  const offsetOf = dailyOffset(zone.offsetAt);
  const total = { calls: 0, answered: 0, inbound: 0, asked: 0, contradict: 0 };
  return {
    see({ uuid, date, billsec, type, caller, to }) {
      total.calls++;
      if (billsec > 0) total.answered++;
      if (type === 'inbound') total.inbound++;
      const hour = Math.floor(((date + offsetOf(date)) % day) / 3600);
      hours[hour] = (hours[hour] ?? 0) + 1;
      const employee = isExtension(to) ? to : caller;
      // V8 keeps a whole block of a file alive for a slice of it: what stays is copied.
      if (!employees.has(employee) && isExtension(employee)) employees.add(Buffer.from(employee).toString());
      const epoch = comparesIds ? epochOf(uuid) : undefined;
      if (epoch === undefined) return;
      total.asked++;
      if (Math.abs(date - epoch) >= 1800) total.contradict++;
    },
    shares: () => ({
      by_hour: [...hours],
      by_hour_zone: zone.name,
      answered: total.answered,
      missed: total.calls - total.answered,
      inbound: total.inbound,
      outbound: total.calls - total.inbound,
      employees: employees.size,
    }),
    ids: () => ({ asked: total.asked, contradict: total.contradict }),
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
