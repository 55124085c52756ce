import { expect, test } from 'vitest';
import { callFields } from '../../src/core/call.js';
import { exitCodes } from '../../src/core/errors.js';
import { ledgerStates } from '../../src/core/ledger.js';
import { statuses } from '../../src/core/outcome.js';
import { sandboxEnvironment, startSandbox } from '../../src/sandbox/server.js';
import { runHere } from '../setup/in-process.js';
import { pageOf, root, tableOf } from './pages.js';

const outcomes = pageOf('docs/outcomes.md');

test('the exit codes of docs/outcomes.md are those of the program', () => {
  const codes = tableOf(outcomes, ['code', 'meaning']).map(([code]) => Number(code));
  expect(codes).toEqual(Object.values(exitCodes));
});

test('the outcomes of docs/outcomes.md are those of the program', () => {
  const named = tableOf(outcomes, ['status', 'meaning', 'what to do']).map(([status]) => status);
  expect(named).toEqual([...statuses]);
});

test('the fields of docs/inputs.md are those of a call', () => {
  expect(tableOf(pageOf('docs/inputs.md'), ['field', 'what it is']).map(([field]) => field)).toEqual([
    ...callFields,
  ]);
});

test('the states of docs/delivery.md are those of the ledger', () => {
  const named = tableOf(pageOf('docs/delivery.md'), ['state', 'next time']).map(
    ([state = '']) => state.split(',')[0],
  );
  expect(new Set(named)).toEqual(new Set([...ledgerStates, 'not known']));
});

test.each([
  ['calls-add', 'environment'],
  ['v4', 'environment of v4'],
] as const)('docs/sandbox.md shows the environment that the sandbox prints for %s', async (api, sample) => {
  const sandbox = await startSandbox({ now: Date.now, api });
  const lines = sandboxEnvironment({ ...sandbox, url: 'http://127.0.0.1:8080' }).map(
    ([name, value]) => `export ${name}=${value}\n`,
  );
  await sandbox.close();
  expect(pageOf('docs/sandbox.md').text).toContain(
    `<!-- sample: ${sample} -->\n\`\`\`text\n${lines.join('')}\`\`\``,
  );
});

test.each(['README.md', 'README.ru.md'])('the session of %s is what the program prints', async (name) => {
  const sample = /<!-- sample: session -->\n```console\n(.*?)```/s.exec(pageOf(name).text)?.[1] ?? '';
  const still = (text: string) => text.replace(/\d+\.\d s$/gm, '0.0 s');
  const printed: string[] = [];
  for (const [, command = ''] of sample.matchAll(/^\$ amocalls (.*)$/gm)) {
    const { stdout } = await runHere(command.split(' '), { cwd: root });
    printed.push(`$ amocalls ${command}\n${stdout}`);
  }
  expect(printed).toHaveLength(2);
  expect(still(sample)).toBe(still(printed.join('\n')));
});

test.each(['README.md', 'README.ru.md'])('%s is short', (name) => {
  const { text } = pageOf(name);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(12_000);
  expect(text.split('\n').length).toBeLessThanOrEqual(200);
});
