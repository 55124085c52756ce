// How long a command takes to start, against Node's own floor.
import { row } from '../compare.mjs';
import { race, startServer, timed } from '../measure.mjs';
import { bin, environment, freshFolder, writeProfile } from '../place.mjs';

/** The pace lets a second request of the same minute leave a second later: a wait that is no start-up. */
const paceMs = 1200;

export async function startup({ runs, smoke }) {
  const server = await startServer();
  const folder = freshFolder('startup');
  writeProfile(folder, server);
  const env = environment(folder);
  const run = (...args) => timed([process.execPath, ...args], { cwd: folder, env }).milliseconds;
  const call = ['--caller', '74950000001', '--to', '101', '--type', 'inbound', '--billsec', '0'];
  async function add(round) {
    if (!smoke) await new Promise((resolve) => setTimeout(resolve, paceMs));
    return run(bin, 'add', '--uuid', `bench-${round}`, ...call);
  }
  const peers = {
    'node -e 0': () => run('-e', '0'),
    'amocalls --version': () => run(bin, '--version'),
    'amocalls --help': () => run(bin, '--help'),
    'amocalls import --help': () => run(bin, 'import', '--help'),
    'amocalls add, profile and ledger': add,
  };
  try {
    const times = await race(peers, { runs: runs * 2, warmUps: 2 });
    const goals = [undefined, 1.1, 1.25, 1.25, 2.2];
    const against = times.get('node -e 0');
    return [...times].map(([what, value], at) =>
      at === 0 ? row({ what, value }) : row({ what, value, against, goal: { atMost: goals[at] } }),
    );
  } finally {
    server.stop();
  }
}
