// How long a command takes to start, against Node's own floor; and the executable, where it was built, against npm's way.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { row } from '../compare.mjs';
import { bodiesFolder } from '../data.mjs';
import { race, startServer, timed } from '../measure.mjs';
import { addressOf, bin, environment, freshFolder, peer, root, writeProfile } from '../place.mjs';

/** The pace lets a second request of the same minute leave a second later: a wait that is no start-up. */
const paceMs = 1200;

const executable = join(root, `build/amocalls-${process.platform}-${process.arch}`);

export async function startup({ runs, smoke }) {
  const server = await startServer();
  const folder = freshFolder('startup');
  writeProfile(folder, server);
  const env = environment(folder);
  const run = (...words) => timed(words, { cwd: folder, env }).milliseconds;
  const call = ['--caller', '74950000001', '--to', '101', '--type', 'inbound', '--billsec', '0'];
  const node = [process.execPath, bin];
  const body = readFileSync(join(bodiesFolder(1, server.account), '000000.form'), 'latin1');
  const add =
    (...program) =>
    async (round) => {
      if (!smoke) await new Promise((resolve) => setTimeout(resolve, paceMs));
      return run(...program, 'add', '--uuid', `bench-${program.length}-${round}`, ...call);
    };
  const floor = 'node -e 0';
  const bare = 'a bare POST by node:http';
  const major = Number(process.versions.node.split('.')[0]);
  const rows = [
    { what: floor, run: () => run(process.execPath, '-e', '0') },
    { what: 'amocalls --version', run: () => run(...node, '--version'), over: floor, atMost: 1.1 },
    { what: 'amocalls --help', run: () => run(...node, '--help'), over: floor, atMost: 1.4 },
    {
      what: 'amocalls import --help',
      run: () => run(...node, 'import', '--help'),
      over: floor,
      atMost: 1.4,
    },
    { what: bare, run: () => run(process.execPath, peer('post.mjs'), addressOf(server), body), over: floor },
    {
      what: 'amocalls add, profile and ledger',
      run: add(...node),
      over: bare,
      atMost: major >= 24 ? 1.7 : 2,
    },
  ];
  if (existsSync(executable)) {
    rows.push(
      { what: 'executable --version', run: () => run(executable, '--version'), over: 'amocalls --version' },
      { what: 'executable --help', run: () => run(executable, '--help'), over: 'amocalls --help' },
      { what: 'executable add', run: add(executable), over: 'amocalls add, profile and ledger', atMost: 1 },
    );
  }
  try {
    const peers = Object.fromEntries(rows.map((one) => [one.what, one.run]));
    const times = await race(peers, { runs: runs * 2, warmUps: 2 });
    return rows.map(({ what, over, atMost }) => {
      const measured = { what, value: times.get(what) };
      if (over === undefined) return row(measured);
      const compared = { ...measured, against: times.get(over) };
      return row(atMost === undefined ? compared : { ...compared, goal: { atMost } });
    });
  } finally {
    server.stop();
  }
}
