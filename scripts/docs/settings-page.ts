import { type Setting, showValue } from '../../src/settings/setting.js';
import { settingGroups } from '../../src/settings/table.js';

const intro = `# All settings

This page is made of the table of settings in the code; \`npm run docs\` writes it anew.

A value is taken from the nearest of these places: flag, environment, profile, default. Each value is looked up by
itself: a flag for one setting does not switch off the profile for the others. \`amocalls config\` shows what is in
force and where it comes from. An empty variable of the environment counts as absent.

A dash means: not possible here. The key has no flag on purpose: a flag would be visible in the process list and in the
history of the shell. A profile cannot hold output settings, since they would change what scripts read.
Paths start at the working directory; in a profile they start at the folder of the profile file; \`~/\` is the home folder.
`;

/** The whole text of docs/settings.md. */
export function settingsPage(): string {
  const parts = settingGroups.map(({ title, settings }) => {
    const rows = Object.values<Setting>(settings).map(rowOf);
    return `## ${title}\n\n| flag | environment | profile | default | what it says | commands |\n| --- | --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  });
  return [intro, ...parts].join('\n');
}

function rowOf(setting: Setting): string {
  const { flags, negation, env, profile, repeatable, commands } = setting;
  const only = negation?.commands === undefined ? '' : ` (${negation.commands.join(', ')})`;
  const flag = [flags, negation?.flag].filter((text) => text !== undefined).map((text) => code(text));
  const shown = showValue(setting.default);
  const others = Object.entries(setting.byCommand ?? {}).map(
    ([name, { help: words }]) => `with ${name}: ${words}`,
  );
  const says = [
    setting.help,
    ...others,
    ...(negation === undefined ? [] : [`\`${negation.flag}\`${only}: ${negation.help}`]),
  ].join('; ');
  const cells = [
    flag.length === 0 ? '–' : flag.join(', ') + (repeatable === true ? ' (may be repeated)' : ''),
    env === undefined ? '–' : code(env),
    profile === undefined ? '–' : code(profile),
    shown === '' ? '' : code(shown),
    cell(says),
    commands.join(', '),
  ];
  return `| ${cells.join(' | ')} |`;
}

function code(text: string): string {
  return `\`${cell(text)}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
