import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import { type Messages, type MessagesOptions, openMessages } from '../../src/output/messages.js';
import { openStyle, plain } from '../../src/output/terminal.js';
import { collector } from './streams.js';

/** What stands on stderr after something was said. */
function said(say: (messages: Messages) => unknown, options: Partial<MessagesOptions> = {}): string {
  const stderr = collector();
  say(openMessages({ stderr, format: 'table', quiet: false, verbose: false, style: plain, ...options }));
  return stderr.text();
}

const failure = new UserError('calls.csv:17: the quote is never closed', { hint: 'Close it.', exit: 2 });

describe('messages', () => {
  it('warn, note and tell more on request', () => {
    const all = (messages: Messages): void => {
      messages.warn('the key is readable by others', 'chmod 600 .amocallsrc');
      messages.note('3 records were written to bad.csv');
      messages.verbose('POST https://sip.amocrm.com');
    };
    expect(said(all)).toBe(
      'warning: the key is readable by others\n  chmod 600 .amocallsrc\nnote: 3 records were written to bad.csv\n',
    );
    expect(said(all, { verbose: true })).toContain('POST https://sip.amocrm.com\n');
    expect(said(all, { quiet: true })).toBe('');
  });

  it('name a failure and what to do next, without a stack', () => {
    expect(said((messages) => messages.fail(failure))).toBe(
      'error: calls.csv:17: the quote is never closed\nhint: Close it.\n',
    );
    expect(said((messages) => messages.fail(new UserError('no file')), { quiet: true })).toBe(
      'error: no file\n',
    );
  });

  it.each(['json', 'ndjson'] as const)('give a failure as one object with %s', (format) => {
    const text = said((messages) => messages.fail(new UserError('no', { hint: 'do', exit: 4 })), { format });
    expect(text).toBe('{"error":{"message":"no","hint":"do","exit":4}}\n');
    expect(said((messages) => messages.fail(new UserError('no')), { format })).toBe(
      '{"error":{"message":"no","exit":2}}\n',
    );
  });

  it('give the exit code of a failure', () => {
    const stderr = collector();
    const messages = openMessages({ stderr, format: 'table', quiet: false, verbose: false, style: plain });
    expect(messages.fail(new UserError('refused', { exit: 4 }))).toBe(4);
    expect(messages.fail(new TypeError('x is undefined'))).toBe(1);
    expect(messages.fail('thrown text')).toBe(1);
  });

  it('ask for a report of a bug, with its stack only on request', () => {
    const bug = new TypeError('x is undefined');
    const text = said((messages) => messages.fail(bug));
    expect(text).toMatch(/^error: bug in amocalls: TypeError: x is undefined\nhint: .*--verbose.*\n$/);
    expect(said((messages) => messages.fail(bug), { verbose: true })).toContain('messages.test.ts');
  });

  it('tell the causes of a failure on request', () => {
    const caused = new UserError('no file', { cause: new Error('ENOENT') });
    expect(said((messages) => messages.fail(caused), { verbose: true })).toBe(
      'caused by Error: ENOENT\nerror: no file\n',
    );
  });

  it('let no control character through', () => {
    const evil = '\u001B[2Ja\nb\u202Ec';
    const all = (messages: Messages): void => {
      messages.warn(evil, evil);
      messages.verbose(evil);
      messages.fail(new UserError(evil, { hint: evil }));
      messages.fail(new Error(evil));
    };
    for (const format of ['table', 'json'] as const) {
      expect(said(all, { verbose: true, format }).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202E]/u);
    }
  });

  it('mark the label alone', async () => {
    const style = await openStyle(true);
    expect(said((messages) => messages.fail(failure), { style })).toMatch(
      /^\u001B\[31merror:\u001B\[39m calls/,
    );
  });

  it('clear the progress first', () => {
    let cleared = 0;
    said((messages) => messages.note('a'), { before: () => (cleared += 1) });
    expect(cleared).toBe(1);
  });
});
