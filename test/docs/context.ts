import { PassThrough, Readable, Writable } from 'node:stream';
import type { Context } from '../../src/context.js';
import { root } from './pages.js';

/** A context whose stdout can be read afterwards; no terminal, no environment, no home. */
export function amocallsContext(): { readonly context: Context; readonly output: () => string } {
  const written: string[] = [];
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      done();
    },
  });
  const stderr = new PassThrough();
  stderr.resume();
  return {
    output: () => written.join(''),
    context: {
      stdin: Readable.from([]),
      stdout: { stream: stdout, isTTY: false, columns: 80 },
      stderr: { stream: stderr, isTTY: false, columns: 80 },
      env: {},
      cwd: root,
      homedir: root,
      user: undefined,
      now: Date.now,
      sleep: () => Promise.resolve(),
      random: Math.random,
      interrupt: new AbortController().signal,
      processName: 'docs',
      seeProcess: () => 'gone',
      licenses: () => Promise.resolve(''),
      hide: () => undefined,
    },
  };
}
