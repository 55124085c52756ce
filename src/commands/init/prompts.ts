// Questions on a terminal.

import type { Context } from '../../context.js';
import { sanitise } from '../../output/terminal.js';

/** Somebody pressed Ctrl-C at a question, or a signal came. */
export class Cancelled extends Error {}

/** Questions on a terminal. Each throws `Cancelled` where it was not answered. */
export type Prompts = Awaited<ReturnType<typeof openPrompts>>;

interface TextOptions {
  /** What Enter alone stands for; shown in place of an answer until one is typed. */
  readonly byDefault?: string;
  /** Why an answer cannot be taken. */
  readonly check?: ((answer: string) => string | undefined) | undefined;
}

/** Opens the terminal for questions. */
export async function openPrompts({ stdin, stdout, interrupt }: Context) {
  const clack = await import('@clack/prompts');
  const streams = { input: stdin, output: stdout.stream, signal: interrupt };
  const answered = <Answer>(answer: Answer | typeof clack.CANCEL_SYMBOL): Answer => {
    if (clack.isCancel(answer)) throw new Cancelled();
    return answer;
  };
  const validate = (check: TextOptions['check']) => (answer: string | undefined) => check?.(answer ?? '');
  return {
    async choose<Value extends string>(
      message: string,
      options: readonly { readonly value: Value; readonly label: string; readonly hint: string }[],
      byDefault: Value,
    ): Promise<Value> {
      const asked = { ...streams, message, options: [...options], initialValue: byDefault };
      const answer = answered(await clack.select<string>(asked));
      return options.find(({ value }) => value === answer)?.value ?? byDefault;
    },
    confirm: async (message: string, byDefault = false): Promise<boolean> =>
      answered(await clack.confirm({ ...streams, message, initialValue: byDefault })),
    async text(message: string, { byDefault, check }: TextOptions): Promise<string> {
      const shown = byDefault === undefined ? {} : { placeholder: byDefault, defaultValue: byDefault };
      const isGood = validate((answer) =>
        check?.(answer === '' && byDefault !== undefined ? byDefault : answer),
      );
      const answer = answered(await clack.text({ ...streams, ...shown, message, validate: isGood }));
      return `${answer ?? ''}`.trim();
    },
    /** Shows no character of the answer. */
    async secret(message: string, check: TextOptions['check']): Promise<string> {
      const asked = { ...streams, message, mask: '*', validate: validate(check) };
      return `${answered(await clack.password(asked)) ?? ''}`.trim();
    },
    say(text: string): void {
      const lines = text.split('\n').map((line) => sanitise(line));
      clack.log.warn(lines.join('\n'), { output: stdout.stream });
    },
  };
}
