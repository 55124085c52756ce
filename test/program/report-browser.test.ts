import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../setup/needs.js';
import { toolPath } from '../setup/tools.mjs';
import { amocalls, service, workdir } from './harness.js';

const executablePath = toolPath('chromium');

const fixture = fileURLToPath(new URL('../../fixtures/report/calls.csv', import.meta.url));

/** The variables of an environment that have a value. */
const present = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

describe('the report in Chromium', () => {
  needs('chromium');
  let browser: Browser | undefined;

  beforeAll(async () => {
    if (executablePath === undefined) return;
    const args = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ];
    // Chromium lives in the present, whatever year the tests are run in.
    const { LD_PRELOAD: _preload, ...env } = process.env;
    browser = await chromium.launch({ executablePath, args, env: present(env), timeout: 60_000 });
  }, 90_000);
  afterAll(() => browser?.close());

  /** The report of an import, made once. */
  let report: Promise<string> | undefined;
  async function makeReport(): Promise<string> {
    const cwd = workdir();
    const { env } = await service();
    const flags = ['--timezone', 'Europe/Moscow', '--rate', '0', '--no-ledger', '--report', 'report.html'];
    await amocalls(['import', fixture, ...flags], { cwd, env });
    return readFileSync(path.join(cwd, 'report.html'), 'utf8');
  }

  /** Opens the report; what the page asks for and complains about is kept. */
  async function open(options: BrowserContextOptions = {}) {
    report ??= makeReport();
    const cwd = workdir({ 'report.html': await report });
    if (browser === undefined) throw new Error('no browser');
    const context = await browser.newContext({ viewport: { width: 1000, height: 900 }, ...options });
    const page = await context.newPage();
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    const address = pathToFileURL(path.join(cwd, 'report.html')).href;
    await page.goto(address);
    return { page, complaints, requests, address };
  }

  test('asks for nothing from elsewhere and complains about nothing', async () => {
    const { complaints, requests, address } = await open();
    expect({ complaints, requests }).toEqual({ complaints: [], requests: [address] });
  }, 90_000);

  test('filters the problems by text and by status', async () => {
    const { page } = await open();
    const rows = page.locator('.problems tbody tr');
    const shown = () => rows.filter({ visible: true }).count();
    expect(await shown()).toBe(4);
    await page.getByLabel('Search').fill('NEGATIVE');
    expect(await shown()).toBe(1);
    expect(await page.locator('#filter-count').textContent()).toBe('1 of 4 shown');
    await page.getByLabel('Search').fill('');
    await page.getByLabel('Status').selectOption('invalid');
    expect(await shown()).toBe(4);
  }, 90_000);

  test('shows all problems without a script', async () => {
    const { page } = await open({ javaScriptEnabled: false });
    expect(await page.locator('.problems tbody tr').filter({ visible: true }).count()).toBe(4);
    expect(await page.locator('#filter').isVisible()).toBe(false);
  }, 90_000);

  test('gives a screen reader a table for every picture, before it is shown to the eye', async () => {
    const { page } = await open();
    expect(await page.locator('svg').count()).toBe(3);
    expect(await page.locator('svg[aria-hidden="true"]').count()).toBe(3);
    // Hours, days, talk time, employees, problems, facts.
    expect(await page.getByRole('table').count()).toBe(6);
    const employees = page
      .getByRole('table')
      .filter({ has: page.getByRole('columnheader', { name: 'extension' }) });
    expect(await employees.getByRole('rowheader').first().textContent()).toBe('101');
    const box = page.locator('.numbers').first();
    expect((await box.boundingBox())?.height).toBeLessThanOrEqual(1);
    await page.locator('.switch input').first().check();
    expect((await box.boundingBox())?.height).toBeGreaterThan(100);
  }, 90_000);

  test('is light, dark, and light on paper', async () => {
    const script = `['body:backgroundColor', 'body:color', 'svg path[fill^="var(--good)"]:fill'].map((wanted) => {
      const [selector, property] = wanted.split(/:(?=\\w+$)/);
      return getComputedStyle(document.querySelector(selector))[property];
    })`;
    const colours = (page: Page): Promise<unknown> => page.evaluate(script);
    const light = ['rgb(255, 255, 255)', 'rgb(28, 32, 36)', 'rgb(42, 125, 109)'];
    const dark = ['rgb(20, 23, 26)', 'rgb(230, 233, 236)', 'rgb(79, 179, 160)'];
    expect(await colours((await open({ colorScheme: 'light' })).page)).toEqual(light);
    const { page } = await open({ colorScheme: 'dark' });
    expect(await colours(page)).toEqual(dark);
    await page.emulateMedia({ media: 'print' });
    expect(await colours(page)).toEqual(['rgb(255, 255, 255)', 'rgb(0, 0, 0)', 'rgb(42, 125, 109)']);
    expect(await page.locator('#filter').isVisible()).toBe(false);
  }, 90_000);

  test('needs no scrolling sideways on a phone, but for tables and charts in their boxes', async () => {
    const { page } = await open({ viewport: { width: 390, height: 800 } });
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(390);
    // The texts of a chart are scaled with it.
    await page.setViewportSize({ width: 500, height: 900 });
    const height = await page.evaluate('document.querySelector("svg text").getBoundingClientRect().height');
    expect(height).toBeGreaterThan(9);
  }, 90_000);
});
