import { describe, expect, test } from 'vitest';
import { needs } from '../setup/needs.js';
import { workdir } from './harness.js';
import { onTerminal } from './terminal.js';

/** The driver gives up, and kills, after 15 s without a word: then the code is that of SIGKILL. */
describe('on a terminal, where progress could be shown', () => {
  needs('python3');

  test.each([
    ['presets', 0],
    ['presets freepbx', 0],
    ['config', 0],
    ['history --ledger l.db', 0],
    ['licenses', 0],
    ['completion bash', 0],
    ['import nowhere.csv', 2],
    ['import nowhere.csv --sandbox', 2],
    ['check nowhere.csv', 2],
    ['add --caller 1', 2],
    ['users', 2],
    ['resolve', 2],
    ['follow a.csv', 2],
  ])('"%s" ends by itself with %i', async (line, code) => {
    const cwd = workdir();
    const ended = await onTerminal(line.split(' '), [], { cwd });
    expect(ended.code, ended.shown).toBe(code);
  });
});
