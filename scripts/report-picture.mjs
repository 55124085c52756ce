// Draws docs/report.png: the report of the fixture as Chromium shows it. Needs Debian's chromium and a build.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'amocalls-report-'));
const report = join(folder, 'report.html');
const flags = ['--timezone', 'Europe/Moscow', '--sandbox', '--quiet', '--report', report];
try {
  execFileSync(process.execPath, [join(root, 'bin/amocalls.js'), 'import', 'calls.csv', ...flags], {
    cwd: join(root, 'fixtures/report'),
    stdio: 'ignore',
  });
} catch (error) {
  if (error.status !== 3) throw error; // some calls of the fixture are invalid, as they should be
}
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu'],
});
try {
  const page = await browser.newPage({ viewport: { width: 900, height: 1180 }, colorScheme: 'light' });
  await page.goto(pathToFileURL(report).href);
  await page.screenshot({ path: join(root, 'docs/report.png') });
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
