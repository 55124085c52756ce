// Questions on a terminal.

import type { Context } from '../../context.js';
import { sanitise } from '../../output/terminal.js';

/** Somebody pressed Ctrl-C at a question, or a signal came. */
export class Cancelled extends Error {}

/** Questions on a terminal. Each throws `Cancelled` where it was not answered. */
export interface Prompts {
  readonly choose: <Value extends string>(
    question: string,
    options: readonly { readonly value: Value; readonly label: string; readonly hint: string }[],
    byDefault: Value,
  ) => Promise<Value>;
  readonly confirm: (question: string, byDefault?: boolean) => Promise<boolean>;
  readonly text: (question: string, options: TextOptions) => Promise<string>;
  /** Shows no character of the answer. */
  readonly secret: (question: string, check: TextOptions['check']) => Promise<string>;
  readonly say: (text: string) => void;
}

interface TextOptions {
  /** What Enter alone stands for; shown in place of an answer until one is typed. */
  readonly byDefault?: string;
  /** Why an answer cannot be taken. */
  readonly check?: ((answer: string) => string | undefined) | undefined;
}

/** Opens the terminal for questions. */
export async function openPrompts({ stdin, stdout, interrupt }: Context): Promise<Prompts> {
  const clack = await import('@clack/prompts');
  const streams = { input: stdin, output: stdout.stream, signal: interrupt };
  const answered = <Answer>(answer: Answer | typeof clack.CANCEL_SYMBOL): Answer => {
    if (clack.isCancel(answer)) throw new Cancelled();
    return answer;
  };
  const validate = (check: TextOptions['check']) => (answer: string | undefined) => check?.(answer ?? '');
  return {
    async choose(message, options, byDefault) {
      const asked = { ...streams, message, options: [...options], initialValue: byDefault };
      const answer = answered(await clack.select<string>(asked));
      return options.find(({ value }) => value === answer)?.value ?? byDefault;
    },
    confirm: async (message, byDefault = false) =>
      answered(await clack.confirm({ ...streams, message, initialValue: byDefault })),
    async text(message, { byDefault, check }) {
      const shown = byDefault === undefined ? {} : { placeholder: byDefault, defaultValue: byDefault };
      const isGood = validate((answer) =>
        check?.(answer === '' && byDefault !== undefined ? byDefault : answer),
      );
      const answer = answered(await clack.text({ ...streams, ...shown, message, validate: isGood }));
      return `${answer ?? ''}`.trim();
    },
    async secret(message, check) {
      const asked = { ...streams, message, mask: '*', validate: validate(check) };
      return `${answered(await clack.password(asked)) ?? ''}`.trim();
    },
    say(text) {
      const lines = text.split('\n').map((line) => sanitise(line));
      clack.log.warn(lines.join('\n'), { output: stdout.stream });
    },
  };
}
