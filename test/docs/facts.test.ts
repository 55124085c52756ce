import { expect, test } from 'vitest';
import { callFields } from '../../src/core/call.js';
import { exitCodes } from '../../src/core/errors.js';
import { ledgerStates } from '../../src/core/ledger.js';
import { statuses } from '../../src/core/outcome.js';
import { run } from '../../src/run.js';
import { faultTable } from '../../src/sandbox/faults.js';
import { sandboxEnvironment, startSandbox } from '../../src/sandbox/server.js';
import { amocallsContext } from './context.js';
import { pageOf, tableOf } from './pages.js';

const readme = pageOf('README.md');

test('the exit codes of the README are those of the program', () => {
  const codes = tableOf(readme, ['code', 'meaning']).map(([code]) => Number(code));
  expect(codes).toEqual(Object.values(exitCodes));
});

test('the outcomes of the README are those of the program', () => {
  const named = tableOf(readme, ['status', 'meaning', 'what to do']).map(([status]) => status);
  expect(named).toEqual([...statuses]);
});

test('the fields of the README are those of a call', () => {
  expect(tableOf(readme, ['field', 'what it is']).map(([field]) => field)).toEqual([...callFields]);
});

test('the states of docs/delivery.md are those of the ledger', () => {
  const named = tableOf(pageOf('docs/delivery.md'), ['state', 'next time']).map(
    ([state = '']) => state.split(',')[0],
  );
  expect(new Set(named)).toEqual(new Set([...ledgerStates, 'not known']));
});

test('docs/faults.md lists the faults of the sandbox', async () => {
  const rows = faultTable
    .map(({ name, does, apis }) => `| \`${name}\` | ${apis.length > 1 ? '' : apis.join()} | ${does} |`)
    .join('\n');
  const text = `# Faults of the sandbox

This page is made of the table in the code; \`npx vitest run test/docs -u\` writes it anew. How to use them: [sandbox](sandbox.md#faults).

| fault | only with \`--api\` | what it does |
| --- | --- | --- |
${rows}
`;
  await expect(text).toMatchFileSnapshot('../../docs/faults.md');
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

test('the sample of the README is what the demo prints', async () => {
  const { context, output } = amocallsContext();
  const code = await run(['import', 'fixtures/demo-calls.csv', '--sandbox'], context);
  const sample = /<!-- sample: demo -->\n```console\n\$ [^\n]*\n(.*?)```/s.exec(readme.text)?.[1] ?? '';
  const still = (text: string) => text.replace(/\d+\.\d s$/m, '0.0 s');
  expect({ code, stdout: still(output()) }).toEqual({ code: 3, stdout: still(sample) });
});

test('the session of the README is that of docs/first-steps.md', () => {
  const session = (name: string) =>
    /<!-- sample: first steps -->\n```console\n.*?```/s.exec(pageOf(name).text)?.[0];
  expect(session('README.md')).toContain('$ amocalls doctor');
  expect(session('README.md')).toBe(session('docs/first-steps.md'));
});

test('the README says in five lines which API is whose', () => {
  const rows = tableOf(readme, ['question', 'calls-add (default)', 'v4']);
  expect(rows).toHaveLength(5);
  expect(rows.filter((cells) => cells.length !== 3 || cells.includes(''))).toEqual([]);
});
