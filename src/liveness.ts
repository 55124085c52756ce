// Names this process, and looks for others by their names.

import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Context } from './context.js';

/**
 * Names this process, and looks for others by their names. A name is host/pid namespace/boot id, number and start: a
 * number is given again, a number with its start time is not. The name of the host is for people, and may change while a process runs.
 *
 * @param pid number of this process
 * @param exists whether a process of that number exists now (signal 0)
 */
export function createLiveness(
  pid: number,
  exists: (pid: number) => boolean,
): Pick<Context, 'processName' | 'seeProcess'> {
  const host = hostname();
  const namespace = read(() => readlinkSync('/proc/self/ns/pid'));
  const boot = read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());

  /** Whether a process of that place has a number here, if it has one at all. */
  function isHere(place: string): boolean {
    const [theirHost, theirNamespace, theirBoot] = place.split('/');
    if (theirNamespace !== namespace) return false;
    // Without a boot id (no /proc, or a hardened unit without /proc/sys) a place is known by its host, where /proc is not.
    return boot === '' ? theirBoot === '' && namespace === '' && theirHost === host : theirBoot === boot;
  }

  return {
    processName: `${host}/${namespace}/${boot} ${pid} ${startOf(pid)}`,
    seeProcess(name) {
      const [place = '', number = '', start = ''] = name.split(' ');
      if (!isHere(place) || !/^[1-9]\d*$/.test(number)) return 'unseen';
      if (!exists(Number(number))) return 'gone';
      const now = startOf(Number(number));
      if (now === start) return 'alive';
      // A process of somebody else may hide when it began, and then may be any.
      return now === '' || start === '' ? 'unseen' : 'gone';
    },
  };
}

/**
 * When a process started, in clock ticks since the host did (proc(5), field 22); '' where there is no /proc, or where it hides
 * the process. A zombie has ended: it only waits for somebody to ask how, which in a container may never happen.
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
