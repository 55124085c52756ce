// Questions on a terminal.

import type { Context } from '../../context.js';
import { sanitise } from '../../output/terminal.js';

/** Questions on a terminal. Each gives undefined where it was cancelled, by Ctrl-C or a signal. */
export interface Prompts {
  readonly choose: <Value extends string>(
    question: string,
    options: readonly { readonly value: Value; readonly label: string; readonly hint: string }[],
    byDefault?: Value,
  ) => Promise<Value | undefined>;
  readonly confirm: (question: string, byDefault?: boolean) => Promise<boolean | undefined>;
  readonly text: (question: string, options: TextOptions) => Promise<string | undefined>;
  /** Shows no character of the answer. */
  readonly secret: (question: string, check: TextOptions['check']) => Promise<string | undefined>;
  readonly say: (text: string) => void;
  readonly wasCancelled: () => boolean;
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
  let cancelled = false;
  const noted = <Answer>(answer: Answer): Answer => {
    cancelled ||= clack.isCancel(answer);
    return answer;
  };
  const validate = (check: TextOptions['check']) => (answer: string | undefined) => check?.(answer ?? '');
  return {
    async choose(message, options, byDefault) {
      const first = byDefault === undefined ? {} : { initialValue: byDefault };
      const answer = noted(
        await clack.select<string>({ ...streams, ...first, message, options: [...options] }),
      );
      return options.find(({ value }) => value === answer)?.value;
    },
    async confirm(message, byDefault = false) {
      const answer = noted(await clack.confirm({ ...streams, message, initialValue: byDefault }));
      return typeof answer === 'boolean' ? answer : undefined;
    },
    async text(message, { byDefault, check }) {
      const shown = byDefault === undefined ? {} : { placeholder: byDefault, defaultValue: byDefault };
      const isGood = validate((answer) =>
        check?.(answer === '' && byDefault !== undefined ? byDefault : answer),
      );
      const answer = noted(await clack.text({ ...streams, ...shown, message, validate: isGood }));
      return clack.isCancel(answer) ? undefined : `${answer ?? ''}`.trim();
    },
    async secret(message, check) {
      const answer = noted(
        await clack.password({ ...streams, message, mask: '*', validate: validate(check) }),
      );
      return typeof answer === 'string' ? answer.trim() : undefined;
    },
    say: (text) =>
      clack.log.warn(
        text
          .split('\n')
          .map((line) => sanitise(line))
          .join('\n'),
        { output: stdout.stream },
      ),
    wasCancelled: () => cancelled,
  };
}
