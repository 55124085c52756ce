import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { calls, csv, type RunningProgram, startProgram, workdir } from './harness.js';

/** Starts `amocalls sandbox` and waits for the line that says where it listens. */
async function sandboxOf(cwd: string, ...flags: readonly string[]) {
  const running: RunningProgram = startProgram(['sandbox', '--output', 'json', ...flags], { cwd });
  onTestFinished(() => void running.child.kill('SIGKILL'));
  const line = await new Promise<string>((resolve, reject) => {
    running.child.stdout.once('data', (text: string) => resolve(text));
    running.child.once('close', () => reject(new Error('ended before it listened')));
  });
  const { url, environment }: { url: string; environment: Record<string, string> } = JSON.parse(line);
  return { running, url, environment };
}

describe('amocalls sandbox', () => {
  test('prints the environment, serves until Ctrl-C, and takes the calls of another run', async () => {
    const cwd = workdir({ 'a.csv': csv(calls(3)) });
    const { running, url, environment } = await sandboxOf(cwd);
    expect(Object.keys(environment)).toEqual([
      'AMOCALLS_BASE_URL',
      'AMOCALLS_CODE',
      'AMOCALLS_KEY',
      'AMOCALLS_ACCOUNT_ID',
    ]);
    const { code, stderr } = await startProgram(['import', 'a.csv'], { cwd, env: environment });
    expect(code, stderr).toBe(0);
    expect(await (await fetch(`${url}/calls`)).json()).toHaveLength(3);
    running.child.kill('SIGINT');
    expect((await running).code).toBe(130);
  });

  test('--api v4 knows the numbers of a file of contacts, read again when it changes', async () => {
    const cwd = workdir({ 'contacts.csv': 'name,phone\nIvan,+7 495 000-00-01\n' });
    const flags = ['--api', 'v4', '--contacts', 'contacts.csv', '--unknown-number', '2$'];
    const { url, environment } = await sandboxOf(cwd, ...flags);
    expect(environment).toEqual({
      AMOCALLS_API: 'v4',
      AMOCALLS_BASE_URL: url,
      AMOCALLS_TOKEN: expect.any(String),
    });
    const post = async (phone: string): Promise<number> => {
      const authorization = `Bearer ${environment['AMOCALLS_TOKEN']}`;
      const call = { direction: 'inbound', duration: 1, source: 'x', phone };
      const headers = { authorization, 'content-type': 'application/json' };
      const body = JSON.stringify([call]);
      return (await fetch(`${url}/api/v4/calls`, { method: 'POST', headers, body })).status;
    };
    expect([await post('74950000001'), await post('74950000002'), await post('74950000003')]).toEqual([
      200, 400, 400,
    ]);
    appendFileSync(path.join(cwd, 'contacts.csv'), 'Anna,74950000002\nOleg,74950000003\n');
    expect([await post('74950000002'), await post('74950000003')]).toEqual([400, 200]);
  });

  test.each([
    ['--contacts contacts.csv', /--contacts: needs --api v4/],
    ['--unknown-number 1', /--unknown-number: needs --api v4/],
    ['--fault 405', /--fault: "405" is a fault of --api v4 only/],
    ['--api v4 --fault holes', /--fault: "holes" is a fault of --api calls-add only/],
    ['--api v4 --contacts none.csv', /contacts file .*none\.csv: cannot be read/],
    ['--api v5', /--api.*"v5"/],
  ])('%s is refused with exit 2', async (flags, message) => {
    const cwd = workdir({ 'contacts.csv': 'phone\n1\n' });
    const { code, stderr } = await startProgram(['sandbox', ...flags.split(' ')], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  test('--fault list lists the faults of the API', async () => {
    const cwd = workdir();
    const list = async (...flags: readonly string[]) =>
      (await startProgram(['sandbox', '--fault', 'list', ...flags], { cwd })).stdout;
    expect([await list(), await list('--api', 'v4')]).toEqual([
      expect.stringMatching(/^holes /m),
      expect.stringMatching(/^request-id-number /m),
    ]);
    expect(await list('--api', 'v4')).not.toMatch(/^holes /m);
  });
});

test('the sandbox inside a run is one address for the ledger, whatever its port', async () => {
  const cwd = workdir({ 'a.csv': csv(calls(3)) });
  const run = async () => {
    const flags = ['--sandbox', '--ledger', 'l.db', '--output', 'json'];
    const { stdout } = await startProgram(['import', 'a.csv', ...flags], { cwd });
    return JSON.parse(stdout).summary;
  };
  expect(await run()).toMatchObject({ accepted: 3, duplicate: 0 });
  expect(await run()).toMatchObject({ accepted: 0, duplicate: 3 });
});
