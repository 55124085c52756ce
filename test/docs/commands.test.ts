import type { Command } from 'commander';
import { expect, test } from 'vitest';
import type { Context } from '../../src/context.js';
import { buildProgram } from '../../src/program.js';
import { type CommandName, commandNames } from '../../src/settings/setting.js';
import { allPages, blocksOf, pageOf } from './pages.js';

const silent: Pick<Context, 'stdout' | 'stderr'> = (() => {
  const stream = { stream: process.stdout, isTTY: false, columns: 80 };
  return { stdout: stream, stderr: stream };
})();

interface Line {
  readonly place: string;
  readonly words: readonly string[];
}

/** Every call of amocalls in the blocks of all pages, as the words that a shell would pass on. */
function examples(): readonly Line[] {
  return allPages().flatMap((page) =>
    blocksOf(page)
      .filter(({ language }) => ['sh', 'console', 'ini', 'yaml', 'crontab', 'conf'].includes(language))
      .flatMap(({ text, place, language }) =>
        text
          .replaceAll(/\\\n\s*/g, ' ')
          .split('\n')
          .filter((line) => !/^\s*[#;]/.test(line) && (language !== 'console' || line.startsWith('$')))
          .flatMap((line) => callsIn(line).map((words) => ({ place: `${place}: ${line.trim()}`, words }))),
      ),
  );
}

/** The calls of amocalls in one line: what stands between `amocalls` and the end of its part of the line. */
function callsIn(line: string): readonly (readonly string[])[] {
  const words = wordsOf(line);
  return words.flatMap((word, at) => {
    if (!/(^|\/)amocalls$/.test(word)) return [];
    const before = words[at - 1];
    if (
      before !== undefined &&
      !/^([|;&]+|ExecStart=|run:|\(|!|if|then|do|env|asterisk|npx|[A-Z_]+=.*|\*|-|\$|.*\()$/.test(before)
    )
      return [];
    const rest = words.slice(at + 1);
    const end = rest.findIndex((next) => /^([|;&<>)]+|\d?>.*)$/.test(next));
    return [end < 0 ? rest : rest.slice(0, end)];
  });
}

/** Cuts a line as a shell does: quotes, backslashes, operators, a comment at the end. */
function wordsOf(line: string): readonly string[] {
  const words: string[] = [];
  const parts = /\s+|#.*$|(\|\||&&|[|;&<>()])|((?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"|;&<>()\\])+)/g;
  const spread = line.replace(/(ExecStart=|run:)\s*/, '$1 ').replace(/\bSystem\(/, 'System( ');
  for (const [, operator, word] of spread.matchAll(parts)) {
    if (operator !== undefined) words.push(operator);
    else if (word !== undefined) words.push(unquoted(word));
  }
  return words;
}

function unquoted(word: string): string {
  return word.replace(/'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g, (_, single, double, escaped) =>
    String(single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped),
  );
}

/** Why amocalls would not take these words; undefined where it would. */
async function refusal(words: readonly string[]): Promise<string | undefined> {
  let chosen: CommandName | undefined;
  const program: Command = await buildProgram({ context: silent, say: () => undefined }, (name) => {
    chosen = name;
  });
  const options = { writeOut: () => undefined, writeErr: () => undefined };
  for (const command of [program, ...program.commands]) command.configureOutput(options);
  try {
    await program.parseAsync([...words], { from: 'user' });
    return chosen === undefined ? 'no command' : undefined;
  } catch (error) {
    const { code, message } = { code: '', message: String(error), ...(error instanceof Error ? error : {}) };
    return /^commander\.(helpDisplayed|version)$/.test(code) ? undefined : message;
  }
}

test('the pages have examples', () => {
  expect(examples().length).toBeGreaterThan(60);
});

test('every example of every page is a command that amocalls takes', async () => {
  const refused: string[] = [];
  for (const { place, words } of examples()) {
    const why = await refusal(words);
    if (why !== undefined) refused.push(`${place} -> ${why}`);
  }
  expect(refused).toEqual([]);
});

test('every command has its own part in docs/commands.md, with examples', () => {
  const { text } = pageOf('docs/commands.md');
  const used = new Set(
    examples().flatMap(({ place, words }) => (place.startsWith('docs/commands.md') ? [words[0]] : [])),
  );
  for (const name of commandNames) {
    expect(text).toContain(`\n## ${name}\n`);
    expect([...used]).toContain(name);
  }
});
