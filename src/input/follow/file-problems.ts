// What is wrong with files that are followed, and what is gone of them; each is said once.

import type { UserError } from '../../core/errors.js';
import { displayName, readError } from '../errors.js';
import { type Checkpoint, hasMore } from './checkpoint.js';
import type { FollowContext } from './io.js';

/** What is wrong with the files of a table. */
export class FileProblems {
  readonly #context: FollowContext;
  /** By the name for messages. */
  readonly #known = new Map<string, string>();

  constructor(context: FollowContext) {
    this.#context = context;
  }

  /** Reports what is wrong with a file, once until it changes; what `report` throws is thrown. */
  report(shown: string, error: unknown, report: (error: UserError) => void): void {
    const problem = readError(shown, error, 'follow');
    if (this.#known.get(shown) === problem.message) return;
    this.#known.set(shown, problem.message);
    report(problem);
  }

  /** The same as a warning: the other files are read on. */
  warn(shown: string, error: unknown): void {
    this.report(shown, error, ({ message, hint }) => this.#context.tell(1, message, hint));
  }

  /** A file is as it should be. */
  solve(shown: string): void {
    if (this.#known.delete(shown)) this.#context.note(`${displayName(shown)}: can be read again`);
  }

  /** Tells of a file that an earlier run read, and that is gone with rows that were not done. */
  tellLost(checkpoint: Checkpoint | undefined, shown: string): void {
    if (checkpoint === undefined || checkpoint.readAt === 0 || !hasMore(checkpoint)) return;
    const { readTo, readAt, doneTo, attention, length } = checkpoint;
    const rows = attention.reduce((sum, { lines }) => sum + lines.length, 0);
    const lost = [
      ...(rows > 0 ? [`${rows} ${rows === 1 ? 'row needs' : 'rows need'} attention`] : []),
      ...(doneTo.line < readTo.line ? [`nothing from line ${doneTo.line} on was finished`] : []),
      ...(length > readTo.offset ? [`${length - readTo.offset} bytes after that were not read`] : []),
    ];
    const time = `${new Date(readAt).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
    this.#context.tell(
      attention[0]?.lines[0] ?? doneTo.line,
      `${displayName(shown)}: the file that was read up to line ${readTo.line - 1} at ${time} is gone: ${lost.join(', ')}`,
      'If there is a copy of it, import it: amocalls import <file>. Calls that were sent are not sent again.',
    );
  }
}
