// Starts the sandbox, says how to use it, serves until Ctrl-C.

import { exitCodes, interruptedExit, Problem, UserError } from '../core/errors.js';
import { toJson } from '../output/json.js';
import { print } from '../output/stdout.js';
import type { ApiName } from '../sandbox/api.js';
import { type Faults, faultTable, parseFaults } from '../sandbox/faults.js';
import { type Sandbox, sandboxEnvironment, startSandbox } from '../sandbox/server.js';
import type { CommandRun } from '../session/command.js';
import { openSession, printRecords, type Session } from '../session/session.js';

/** Starts the sandbox, says how to use it, and serves until Ctrl-C. */
export const sandbox: CommandRun = async (invocation) => {
  const session = await openSession(invocation, { withProfile: false });
  const { settings, context, messages } = session;
  if (settings.fault?.includes('list') === true) {
    const faults = faultTable.filter(({ apis }) => apis.includes(settings.api));
    await printRecords(session, 'faults', faults, {
      columns: [
        { title: 'fault', of: ({ name }) => name },
        { title: 'what it does', of: ({ does }) => does, wraps: true },
      ],
    });
    return exitCodes.ok;
  }
  const started = await startSandbox({
    api: settings.api,
    port: settings.port,
    faults: faultsOf(settings.fault ?? [], settings.api),
    seed: settings.seed,
    now: context.now,
    latencyMs: settings.latency,
    rejectPattern: settings.rejectUuid,
    forgetPattern: settings.forgetUuid,
    refuse: settings.refuseUuid === undefined ? undefined : { pattern: settings.refuseUuid },
    maxPerSecond: settings.maxPerSecond,
    accountId: settings.accountId,
    unknownNumber: settings.unknownNumber,
    contacts: settings.contacts,
    onRequest: ({ method, path, status, fault, calls }) =>
      messages.verbose(
        `${method} ${path} (calls: ${calls}) -> ${status}${fault === null ? '' : ` (fault ${fault})`}`,
      ),
  });
  await introduce(session, started);
  await new Promise<void>((resolve) => {
    if (context.interrupt.aborted) resolve();
    context.interrupt.addEventListener('abort', () => resolve(), { once: true });
  });
  await started.close();
  return interruptedExit(context.interrupt) ?? exitCodes.ok;
};

function faultsOf(texts: readonly string[], api: ApiName): Faults {
  const faults = parseFaults(texts, api);
  if (!(faults instanceof Problem)) return faults;
  throw new UserError(`--fault: ${faults.text}`, { hint: 'See all of them: amocalls sandbox --fault list' });
}

async function introduce({ context, settings, messages }: Session, started: Sandbox): Promise<void> {
  const environment = sandboxEnvironment(started);
  const facts = { url: started.url, environment: Object.fromEntries(environment) };
  const text =
    settings.output === 'table'
      ? environment.map(([name, value]) => `export ${name}=${value}\n`).join('')
      : `${toJson(facts)}\n`;
  await print(context.stdout, text);
  messages.note(
    `the sandbox listens at ${started.url}; paste the lines above to use it; stop it with Ctrl-C`,
    `GET ${started.url}/calls shows the accepted calls, GET /requests all requests.`,
  );
}
