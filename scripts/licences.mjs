// Gathers the licences of the packages that the bundle holds.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The package that a module belongs to, `{ name, folder }`; undefined for a file of ours. */
export function packageOf(id) {
  const found = /^(.*[/\\]node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+))[/\\]/.exec(id);
  return found ? { folder: found[1], name: found[2].replaceAll('\\', '/') } : undefined;
}

/**
 * The text that names every package these modules came from, with its licence in full.
 * Throws for a package that states no licence: it may not be passed on.
 */
export function licencesOf(moduleIds) {
  const folders = new Map();
  for (const id of moduleIds) {
    const pack = packageOf(id);
    if (pack) folders.set(pack.folder, pack.name);
  }
  const parts = [...folders]
    .sort(([, a], [, b]) => a.localeCompare(b, 'en'))
    .map(([folder, name]) => licenceOf(folder, name));
  return `amocalls holds code of these packages.\n\n${parts.join('\n')}`;
}

function licenceOf(folder, name) {
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const isLicence = (name) => /^(licen[cs]e|notice|copying)/i.test(name);
  const found = readdirSync(folder, { withFileTypes: true }).filter((entry) => isLicence(entry.name));
  // A package that holds code of others has a folder of their licences.
  const files = found
    .flatMap((entry) =>
      entry.isDirectory()
        ? readdirSync(join(folder, entry.name)).map((inner) => join(entry.name, inner))
        : [entry.name],
    )
    .sort();
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  // Some packages state it in their README only.
  if (texts.length === 0) texts.push(...licenceInReadme(folder));
  if (!license || texts.length === 0)
    throw new Error(`${name}@${version} states no licence: it cannot be bundled.`);
  const title = `${name} ${version} (${license})`;
  return `${title}\n${'-'.repeat(title.length)}\n\n${texts.join('\n\n')}\n`;
}

function licenceInReadme(folder) {
  const readme = readdirSync(folder).find((file) => /^readme\.md$/i.test(file));
  const text = readme === undefined ? '' : readFileSync(join(folder, readme), 'utf8');
  const section = /^#+ licen[cs]e$\n([^#]*permission is hereby granted[^#]*)/im.exec(text);
  return section === null ? [] : [section[1].trim()];
}
