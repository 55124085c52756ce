import { describe, expect, it } from 'vitest';
import { allPresets } from '../../src/records/presets/index.js';
import { amocalls } from '../records/preset-fixtures.js';

describe('amocalls presets', () => {
  it('lists every phone system with its zone', async () => {
    const { code, stdout } = await amocalls(['presets']);
    expect(code).toBe(0);
    for (const { name, title } of allPresets) {
      expect(stdout).toMatch(new RegExp(`^${name} `, 'm'));
      expect(stdout).toContain(title);
    }
  });

  it.each(allPresets)('explains $name', async ({ name, guide }) => {
    const { code, stdout } = await amocalls(['presets', name]);
    expect(code).toBe(0);
    const said = stdout.replace(/\s+/g, '');
    for (const text of [
      ...guide.steps,
      ...guide.lost,
      ...Object.entries(guide.becomes).flat(),
      guide.example,
    ]) {
      expect(said).toContain(text.replace(/\s+/g, ''));
    }
  });

  it('names the nearest where there is none of that name', async () => {
    const { code, stderr } = await amocalls(['presets', 'freepx']);
    expect(code).toBe(2);
    expect(stderr).toContain('preset "freepx": there is no such preset. Did you mean "freepbx"?');
    expect(stderr).toContain('amocalls presets');
  });

  it('names the nearest for --preset, before a file is opened', async () => {
    const { code, stderr } = await amocalls(['check', 'there-is-no-such.csv', '--preset', 'astersk']);
    expect(code).toBe(2);
    expect(stderr).toContain('Did you mean "asterisk"?');
  });

  it('gives the same to programs', async () => {
    const { stdout } = await amocalls(['presets', '--output', 'json']);
    const document: { readonly presets: readonly { readonly name: string }[] } = JSON.parse(stdout);
    expect(document.presets.map(({ name }) => name)).toEqual(allPresets.map(({ name }) => name).sort());
    const { stdout: lines } = await amocalls(['presets', 'mango', '--output', 'ndjson']);
    expect(JSON.parse(lines)).toMatchObject({ name: 'mango', zone: 'values', export: expect.any(Array) });
  });
});
