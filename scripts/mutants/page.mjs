// docs/mutation.md, made of the results of mutation testing and of what was thought about those that are left.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../typescript.mjs';
import { rules } from './rules.mjs';
import { survivors, words } from './survivors.mjs';

/** Where the result of a rule is written, from the root. */
export function resultOf(rule) {
  return join('build/mutation', `${rule.slice('src/'.length).replaceAll('/', '+')}.json`);
}

/** Writes the page of the results that are there. */
export function writePage() {
  const measured = Object.keys(rules).filter((rule) => existsSync(join(root, resultOf(rule))));
  const page = join(root, 'docs/mutation.md');
  writeFileSync(page, pageOf(measured.map(readResult)));
}

/** What may become of a mutant that could be run. */
const judgements = ['Killed', 'Timeout', 'Survived', 'NoCoverage'];

function readResult(rule) {
  const file = join(root, resultOf(rule));
  const { source, mutants } = JSON.parse(readFileSync(file, 'utf8')).files[rule];
  const judged = mutants.filter(({ status }) => judgements.includes(status));
  const left = judged
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .sort(
      (one, other) => placeOf(one).line - placeOf(other).line || placeOf(one).column - placeOf(other).column,
    )
    .map((mutant) => judge(rule, mutant, source));
  const measured = statSync(file).mtime.toISOString().slice(0, 10);
  return { rule, all: judged.length, left, measured };
}

const placeOf = ({ location }) => location.start;

/** What a mutant changes, and why no test sees it. */
function judge(rule, { location, mutatorName, replacement }, source) {
  const { start, end } = location;
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const cut = [...lines];
  cut[cut.length - 1] = cut[cut.length - 1].slice(0, end.column - 1);
  cut[0] = cut[0].slice(start.column - 1);
  const before = short(cut.join(' '));
  const change = `${before} → ${short(replacement)}`;
  const known = survivors[rule]?.find(([pattern]) => pattern.test(change));
  const why = known?.[1] ?? (isWords(mutatorName, before) ? words : undefined);
  return { line: start.line, change, why };
}

function short(code) {
  const plain = code.replace(/\s+/g, ' ').trim();
  return plain.length <= 80 ? plain : `${plain.slice(0, 79)}…`;
}

function isWords(mutatorName, before) {
  return mutatorName === 'StringLiteral' && /[\p{L},:] [\p{L}$]/u.test(before);
}

function pageOf(results) {
  const sum = (of) => results.reduce((total, result) => total + of(result), 0);
  const [all, left] = [sum((one) => one.all), sum((one) => one.left.length)];
  const open = sum((one) => one.left.filter(({ why }) => why === undefined).length);
  const rows = results.map(
    ({ rule, all, left, measured }) =>
      `| \`${rule.slice('src/'.length)}\` | ${all} | ${left.length} | ${score(all, left.length)} | ${measured} |`,
  );
  const unknown = Object.keys(rules).filter((rule) => results.every((result) => result.rule !== rule));
  rows.push(...unknown.map((rule) => `| \`${rule.slice('src/'.length)}\` | | | | not yet |`));
  const lists = results.filter(({ left }) => left.length > 0).map(listOf);
  return `# Mutation testing

\`npm run mutate\` breaks each rule in small ways (a condition turned around, a number moved, a text emptied), runs the tests of that rule,
and counts what they do not notice. The rules and their tests are listed in \`scripts/mutants/rules.mjs\`: pure code, which decides
without a clock, a file or a socket. \`npm run mutate -- src/core/rate.ts\` does it for one rule. The goal is 85 % over all of them.

A mutant that is left means one of two things: a test is missing, or the code does nothing. What was thought about it stands in
\`scripts/mutants/survivors.mjs\`. This page is written by \`npm run mutate\`, or \`npm run mutate -- --page\` of what was measured last; tables that a module
holds as constants are not mutated.

${all} mutants, ${left} not noticed: **${score(all, left)}**; of these ${open} have no reason yet.

| rule | mutants | not noticed | score | measured |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

${lists.join('\n\n')}
`;
}

function score(all, left) {
  return `${((100 * (all - left)) / all).toFixed(1)} %`;
}

/** The mutants of one rule that are left, by the reason. */
function listOf({ rule, left }) {
  const byReason = grouped(left);
  const parts = [...byReason].map(([why, mutants]) => {
    const changes = mutants.map(({ line, change }) => `- ${line}: ${code(change)}`);
    return `${why ?? 'No reason yet'}:\n\n${changes.join('\n')}`;
  });
  return `## ${rule.slice('src/'.length)}\n\n${parts.join('\n\n')}`;
}

function grouped(left) {
  const groups = new Map();
  for (const one of left) groups.set(one.why, [...(groups.get(one.why) ?? []), one]);
  return groups;
}

/** Code in a line of a page, whatever ticks are in it. */
function code(text) {
  const ticks = '`'.repeat(Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length)) + 1);
  return ticks.length === 1 ? `\`${text}\`` : `${ticks} ${text} ${ticks}`;
}
