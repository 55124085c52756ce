import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { createLiveness } from '../src/liveness.js';

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const mine = createLiveness(process.pid, exists);
const [place = '', number = '', start = ''] = mine.processName.split(' ');
const [host = '', namespace = '', boot = ''] = place.split('/');

test.runIf(process.platform === 'linux').each([
  ['this process', mine.processName, 'alive'],
  ['this process under another name of its host', `other/${namespace}/${boot} ${number} ${start}`, 'alive'],
  ['one that had its number before', `${place} ${number} 1`, 'gone'],
  ['one of another boot', `${host}/${namespace}/other ${number} ${start}`, 'unseen'],
  ['one of another container', `${host}/pid:[1]/${boot} ${number} ${start}`, 'unseen'],
  ['one that hides when it began', `${place} ${number} `, 'unseen'],
  ['no name at all', 'bench', 'unseen'],
])('%s is seen for what it is', (_name, name, sight) => {
  expect(mine.seeProcess(name)).toBe(sight);
});

test.runIf(process.platform === 'linux')('a process that was killed is gone at once', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const { processName } = createLiveness(child.pid ?? 0, exists);
  expect(mine.seeProcess(processName)).toBe('alive');
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
  expect(mine.seeProcess(processName)).toBe('gone');
});
