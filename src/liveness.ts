import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Tells processes of this host apart: a number is given again, a number with its start time is not. */
export interface Liveness {
  readonly processName: string;
  readonly isAlive: (processName: string) => boolean;
}

/**
 * Names this process, and asks after others by their names.
 *
 * @param pid number of this process
 * @param exists whether a process of that number exists now (signal 0)
 */
export function createLiveness(pid: number, exists: (pid: number) => boolean): Liveness {
  const place = `${hostname()}/${read(() => readlinkSync('/proc/self/ns/pid'))}/${read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())}`;
  const nameOf = (number: number) => `${place} ${number} ${startOf(number)}`;
  return {
    processName: nameOf(pid),
    // A process of another host or container cannot be asked: it counts as dead, so its calls are held, not sent.
    isAlive(name) {
      const number = Number(name.split(' ').at(-2));
      return Number.isInteger(number) && number > 0 && exists(number) && nameOf(number) === name;
    },
  };
}

/**
 * When a process started, in clock ticks since the host did (proc(5), field 22); '' where there is no /proc.
 * A zombie has ended: it only waits for somebody to ask how, which in a container may never happen.
 */
function startOf(pid: number): string {
  const stat = read(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? 'ended' : (fields[19] ?? '');
}

function read(source: () => string): string {
  try {
    return source();
  } catch {
    return '';
  }
}
