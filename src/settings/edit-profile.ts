// Adds a profile to the text of a profile file, or writes one over.

import { Document, isMap, isScalar, parseDocument, YAMLMap } from 'yaml';
import { UserError } from '../core/errors.js';
import { isJson } from '../core/json.js';
import { defaultProfileIn, isFlat, profilesIn } from './profile.js';

/** Texts in quotes: YAML would read some of them as dates or numbers. No line is folded. */
const layout = {
  lineWidth: 0,
  defaultStringType: 'QUOTE_DOUBLE',
  defaultKeyType: 'PLAIN',
  flowCollectionPadding: false,
} as const;

/** Settings of a profile to be written, by profile key; undefined takes a key out. */
export type NewSettings = Readonly<Record<string, string | number | undefined>>;

/** A profile file as it is now. */
export interface CurrentProfileFile {
  readonly text: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/**
 * The text of a profile file with a profile added, or changed where it has one of that name. All other profiles and settings
 * stay, and so do comments; the profile that is used by default stays the same. A file in JSON stays JSON.
 *
 * @param file its path; only a new one that ends in .json begins as JSON
 * @param current the file as it is; undefined where there is none
 * @throws UserError where the file has no place for a profile
 */
export function withProfile(
  file: string,
  current: CurrentProfileFile | undefined,
  profile: { readonly name: string; readonly settings: NewSettings },
): string {
  const isJsonFile = current === undefined ? file.endsWith('.json') : isJson(current.text);
  const document: Document = parseDocument(current?.text ?? '');
  const content = current?.content ?? {};
  // The first profile of a file is its default; where there are others, and none of them is, nobody has chosen.
  const isFirst = Object.keys(profilesIn(content)).length === 0;
  const byDefault = defaultProfileIn(content) ?? (isFirst ? profile.name : undefined);
  if (isFlat(content)) {
    const flat = document.contents;
    document.contents = document.createNode({ profiles: {} });
    document.setIn(['profiles', 'default'], flat);
  } else if (!isMap(document.contents)) document.contents = new YAMLMap();
  const profiles = document.get('profiles') ?? undefined;
  if (profiles === undefined) document.set('profiles', document.createNode({}));
  else if (!isMap(profiles)) {
    throw new UserError(`${file}: "profiles" is not a map`, {
      hint: 'Write another file: amocalls init --config <file>',
    });
  }
  if (!isMap(document.getIn(['profiles', profile.name]))) {
    document.setIn(['profiles', profile.name], document.createNode({}));
  }
  for (const [key, value] of Object.entries(profile.settings)) {
    const place = ['profiles', profile.name, key];
    if (value === undefined) document.deleteIn(place);
    else document.setIn(place, value);
  }
  if (byDefault !== undefined && !document.has('default_profile') && isMap(document.contents)) {
    // A comment above all others is one on the file.
    const first = document.contents.items[0]?.key;
    const key = document.createNode('default_profile');
    if (isScalar(first) && first.commentBefore != null) {
      key.commentBefore = first.commentBefore;
      first.commentBefore = null;
    }
    document.contents.items.unshift(document.createPair(key, byDefault));
  }
  if (isJsonFile) return `${JSON.stringify(document.toJS(), null, 2)}\n`;
  if (current === undefined)
    document.commentBefore = ' Written by amocalls init. docs/settings.md lists all settings.';
  return document.toString(layout);
}

/** The settings of a profile as the lines of YAML. */
export function profileText(settings: Readonly<Record<string, unknown>>): string {
  return new Document(settings).toString(layout);
}
