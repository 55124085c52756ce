import { Writable } from 'node:stream';
import type { OutputStream } from '../../src/context.js';

/** An output that keeps what was written to it. */
export function collector(shape: Partial<Pick<OutputStream, 'isTTY' | 'columns'>> = {}): OutputStream & {
  readonly text: () => string;
} {
  const written: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      done();
    },
  });
  return { stream, isTTY: false, columns: 80, ...shape, text: () => written.join('') };
}
