import { allPresets } from '../../src/records/presets/index.js';
import { faultsPage } from './faults-page.js';
import { headerNamesPage } from './header-names-page.js';
import { presetList, presetPage } from './presets-pages.js';
import { settingsPage } from './settings-page.js';

/** The pages of docs/ that are made of tables in the code: a map of file name (`docs/settings.md`) to text. */
export function generatedPages(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/settings.md', settingsPage()],
    ['docs/header-names.md', headerNamesPage()],
    ['docs/faults.md', faultsPage()],
    ['docs/presets/README.md', presetList()],
    ...allPresets.map((preset) => [`docs/presets/${preset.name}.md`, presetPage(preset)] as const),
  ]);
}
