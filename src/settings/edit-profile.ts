import { isDeepStrictEqual } from 'node:util';
import { UserError } from '../core/errors.js';
import { isJson } from '../core/json.js';
import { isRecord, scalar } from './parse.js';
import { parseProfileText } from './profile-file.js';

/** A profile to be written: its settings by profile key. */
export interface NewProfile {
  readonly name: string;
  readonly settings: Readonly<Record<string, string | number>>;
}

/** A profile file as it is now. */
export interface CurrentProfileFile {
  readonly text: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/** The profiles of a file by name; a file without `profiles` is one, called `default`, unless it is empty. */
export function profilesIn(content: CurrentProfileFile['content']): Readonly<Record<string, unknown>> {
  if (isRecord(content['profiles'])) return content['profiles'];
  return isFlat(content) ? { default: content } : {};
}

/** The profile of a file that is used where none is named; undefined where the file does not say. */
export function defaultProfileIn(content: CurrentProfileFile['content']): string | undefined {
  const names = Object.keys(profilesIn(content));
  const preferred = scalar(content['default_profile']);
  if (preferred !== undefined) return preferred;
  return names.length === 1 ? names[0] : names.find((name) => name === 'default');
}

/**
 * The text of a profile file with a profile added, or written over where it has one of that name. All other profiles stay,
 * and so do comments and layout; the profile that is used by default stays the same. A file in JSON stays JSON.
 *
 * @param file its path; only a new one that ends in .json begins as JSON
 * @param current the file as it is; undefined where there is none
 * @throws UserError where comments would be lost
 */
export async function withProfile(
  file: string,
  current: CurrentProfileFile | undefined,
  profile: NewProfile,
): Promise<string> {
  const content = contentWith(current?.content ?? {}, profile);
  const json = `${JSON.stringify(content, null, 2)}\n`;
  if (current === undefined ? file.endsWith('.json') : isJson(current.text)) return json;
  const text = editText(current, profile, scalar(content['default_profile']));
  const holds = await parseProfileText(file, text ?? '').catch(() => undefined);
  if (text !== undefined && isDeepStrictEqual(holds, content)) return text;
  // JSON is YAML too: for a file whose layout is not one that can be added to by lines.
  if (current === undefined || !/(?:^|\s)#/m.test(current.text)) return json;
  throw new UserError(`${file} has a layout to which no profile can be added without losing its comments.`, {
    hint: 'Write another file: amocalls init --config <file>. Or give each profile lines of its own, under "profiles:".',
  });
}

/** A profile as the lines of YAML, each of them indented. */
export function profileLines({ name, settings }: NewProfile, indent = '  '): readonly string[] {
  const lines = Object.entries(settings).map(
    ([key, value]) => `${indent}${indent}${key}: ${JSON.stringify(value)}`,
  );
  return [`${indent}${nameText(name)}:`, ...lines];
}

function contentWith(content: CurrentProfileFile['content'], { name, settings }: NewProfile) {
  const profiles = { ...profilesIn(content), [name]: settings };
  const default_profile = content['default_profile'] ?? defaultProfileIn(content) ?? firstOf(content, name);
  const others = isFlat(content) ? {} : content;
  return { ...others, ...(default_profile === undefined ? {} : { default_profile }), profiles };
}

/** The first profile of a file is its default; where there are others, and none of them is, nobody has chosen. */
function firstOf(content: CurrentProfileFile['content'], name: string): string | undefined {
  return Object.keys(profilesIn(content)).length === 0 ? name : undefined;
}

function isFlat(content: CurrentProfileFile['content']): boolean {
  const isNested = ['profiles', 'default_profile'].some((key) => Object.hasOwn(content, key));
  return !isNested && Object.keys(content).length > 0;
}

/** The new text, line by line; undefined where the layout is another one. Whether it holds what it should is not checked. */
function editText(
  current: CurrentProfileFile | undefined,
  profile: NewProfile,
  byDefault: string | undefined,
): string | undefined {
  const head = byDefault === undefined ? [] : [`default_profile: ${nameText(byDefault)}`];
  const isReplaced = current !== undefined && isFlat(current.content) && profile.name === 'default';
  if (current === undefined || isReplaced || Object.keys(current.content).length === 0) {
    const first = '# Written by amocalls init. All settings: docs/settings.md';
    return textOf([first, ...head, 'profiles:', ...profileLines(profile)]);
  }
  const lines = current.text.trimEnd().split(/\r?\n/);
  if (isFlat(current.content)) {
    const moved = lines.map((line) => (line.trim() === '' ? '' : `    ${line}`));
    return textOf([...head, 'profiles:', '  default:', ...moved, ...profileLines(profile)]);
  }
  const at = lines.findIndex((line) => /^profiles:\s*(?:#.*)?$/.test(line));
  const first = at < 0 ? undefined : lines.slice(at + 1).find(isContent);
  const indent = /^ +/.exec(first ?? '')?.[0];
  if (indent === undefined) return undefined;
  const [from, to] = placeOf(lines, at, indent, profile.name);
  const hasDefault = Object.hasOwn(current.content, 'default_profile');
  const added = lines.toSpliced(from, to - from, ...profileLines(profile, indent));
  return textOf(hasDefault ? added : added.toSpliced(at, 0, ...head));
}

/** The lines that a profile takes, `[from, to)`; where there is none of that name, the end of the profiles. */
function placeOf(
  lines: readonly string[],
  at: number,
  indent: string,
  name: string,
): readonly [from: number, to: number] {
  const end = endOf(lines, at + 1, 1);
  const names = [name, JSON.stringify(name), `'${name}'`].map((word) => `${indent}${word}:`);
  const from = lines.findIndex(
    (line, index) =>
      index > at && index < end && names.some((word) => line === word || line.startsWith(`${word} `)),
  );
  return from < 0 ? [end, end] : [from, endOf(lines, from + 1, indent.length + 1)];
}

/** Where a block ends: before the next line that is not indented so far, and before blank lines and comments that go with that. */
function endOf(lines: readonly string[], from: number, indent: number): number {
  const isInside = (line: string) => line.search(/\S/) >= indent;
  const next = lines.findIndex((line, index) => index >= from && isContent(line) && !isInside(line));
  const block = lines.slice(from, next < 0 ? lines.length : next);
  return from + block.findLastIndex(isInside) + 1;
}

function isContent(line: string): boolean {
  return !/^\s*(?:#|$)/.test(line);
}

/** A name as YAML: plain, unless it could be read as something else. */
function nameText(name: string): string {
  const isPlain = /^[a-z][\w-]*$/i.test(name) && !/^(?:true|false|null|y|n|yes|no|on|off)$/i.test(name);
  return isPlain ? name : JSON.stringify(name);
}

function textOf(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
