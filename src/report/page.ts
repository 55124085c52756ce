import { createHash } from 'node:crypto';
import { durationText, twoDigits } from '../core/display.js';
import { statuses } from '../core/outcome.js';
import type { CheckSummary, Summary } from '../core/summary.js';
import {
  type CallCounts,
  mostProblems,
  type ReportData,
  type ReportZone,
  type RequestBucket,
} from './aggregate.js';
import { type Chart, drawChart } from './charts.js';
import { type Html, html, nothing, trusted } from './html.js';
import { filterScript, pageStart, styles } from './page-assets.js';
import { type Period, periodsOf } from './periods.js';

/** What a page says beside its numbers. */
export interface PageFacts {
  /** `check` or `import`. */
  readonly command: string;
  readonly version: string;
  /** When the run began, in milliseconds since 1970. */
  readonly started: number;
  readonly zone: ReportZone;
  readonly summary: Summary | CheckSummary;
  /** Why the run ended before its input did: one sentence. */
  readonly ended: string | undefined;
  /** How each file was read: its name under `file`, then labels with what they say. */
  readonly files: readonly Readonly<Record<string, string>>[];
  readonly numbers: boolean;
}

/** The whole page: one file without anything from elsewhere, which a content security policy holds it to. */
export function renderPage(data: ReportData, facts: PageFacts): string {
  const title = `amocalls ${facts.command}: ${facts.files.map(({ file = '' }) => file).join(', ')}`;
  const hash = createHash('sha256').update(filterScript).digest('base64');
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'`;
  const page = html`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="amocalls ${facts.version}">
<title>${title}</title>
<style>${trusted(styles)}</style>
</head>
<body>
<main>
${header(facts)}
${tiles(data)}
${data.total.calls === 0 ? html`<p>No call of this run can be shown in pictures.</p>` : pictures(data, facts)}
${requestsSection(data)}
${problemsSection(data, facts)}
${filesSection(facts)}
</main>
<footer>Made by amocalls ${facts.version}. ${facts.numbers ? 'This file holds phone numbers of customers.' : 'Phone numbers are left out or shown by their last two digits.'}</footer>
<script>${trusted(filterScript)}</script>
</body>
</html>
`;
  return pageStart + page.text;
}

function header({ command, started, files, summary, ended, zone }: PageFacts): Html {
  const names = files.map(({ file = '' }) => file).join(', ');
  return html`<header>
<p class="kicker">amocalls ${command}</p>
<h1>${names}</h1>
<p class="when"><time datetime="${new Date(started).toISOString()}">${dateIn(zone, started)}</time></p>
<p class="outcome">${outcomeText(summary)}${ended === undefined ? '' : ` ${ended}`}</p>
</header>`;
}

function dateIn({ name, offsetAt }: ReportZone, at: number): string {
  const local = at + offsetAt(Math.floor(at / 1000)) * 1000;
  return `${new Date(local).toISOString().slice(0, 16).replace('T', ' ')} ${name}`;
}

/** The outcome of a run in words. */
export function outcomeText(summary: Summary | CheckSummary): string {
  const rest = (names: readonly (readonly [string, number])[]) => {
    const some = names.filter(([, count]) => count > 0).map(([name, count]) => `${integer(count)} ${name}`);
    return some.length === 0 ? '' : ` The others: ${some.join(', ')}.`;
  };
  const read = `${integer(summary.read)} ${summary.read === 1 ? 'record was' : 'records were'} read`;
  if ('valid' in summary) {
    const { valid, invalid, duplicate, filtered, waiting } = summary;
    return `Nothing was sent. ${read}, ${integer(valid)} of them valid.${rest(Object.entries({ invalid, duplicate, filtered, waiting }))}`;
  }
  const { accepted, requests, seconds } = summary;
  const others = rest(
    statuses.filter((name) => name !== 'accepted').map((name) => [name, summary[name]] as const),
  );
  return `${read}, ${integer(accepted)} of them accepted by amoCRM.${others} ${integer(requests)} ${requests === 1 ? 'request' : 'requests'} in ${duration(seconds)}.`;
}

function tiles({ total, problemCount }: ReportData): Html {
  const share = (part: number) => (total.calls === 0 ? '–' : `${Math.round((100 * part) / total.calls)} %`);
  const all = [
    ['Calls', integer(total.calls)],
    ['Answered', share(total.answered)],
    ['Missed', share(total.calls - total.answered)],
    ['Inbound', share(total.inbound)],
    ['Talk time', total.talk < 36_000 ? duration(total.talk) : `${integer(Math.round(total.talk / 3600))} h`],
    ['Problems', integer(problemCount)],
  ] as const;
  return html`<dl class="tiles">${all.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function pictures(data: ReportData, { zone }: PageFacts): Html {
  const { unit, periods } = periodsOf(data.days);
  const labels = periods.map(({ label }) => label);
  const answered = periods.map((period) => period.answered);
  const missed = periods.map((period) => period.calls - period.answered);
  const byPeriod = table(
    [unit === 'week' ? 'week from' : unit, 'calls', 'inbound', 'answered', 'missed', 'talk time'],
    periods.map((period) => countCells(period.label, period)),
  );
  const minutes = periods.map(({ talk }) => Math.round(talk / 60));
  return html`<section>
<h2>Calls by hour and weekday</h2>
<p>Times in ${zone.name}${zone.isGiven ? '' : ', since no time zone was given'}.</p>
${heatMap(data.hours)}
</section>
<section>
<h2>Answered and missed by ${unit}</h2>
${chart({
  labels,
  unit: 'calls',
  series: [
    { name: 'answered', kind: 'bar', colour: 'good', stacked: true, values: answered },
    { name: 'missed', kind: 'bar', colour: 'bad', stacked: true, values: missed },
  ],
})}
<p class="note">A missed call has no talk time; outbound calls that nobody answered are among them.</p>
${numbersOf(byPeriod)}
</section>
<section>
<h2>Talk time by ${unit}</h2>
${chart({ labels, unit: 'minutes', series: [{ name: 'talk time', kind: 'bar', colour: 'accent', values: minutes }] })}
${numbersOf(
  table(
    [unit === 'week' ? 'week from' : unit, 'talk time'],
    periods.map(({ label, talk }) => [label, duration(talk)]),
  ),
)}
</section>
${employeesSection(data)}`;
}

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

/** A table whose cells are coloured by their numbers: picture and table in one. */
function heatMap(hours: readonly (readonly number[])[]): Html {
  const most = Math.max(1, ...hours.flat());
  const cell = (count: number) =>
    count === 0
      ? html`<td></td>`
      : html`<td style="--heat:${Math.round(8 + (92 * count) / most)}%"${count / most > 0.55 ? trusted(' class="hot"') : nothing}>${count}</td>`;
  return html`<div class="scroll"><table class="heat"><thead><tr><th scope="col">hour</th>${Array.from({ length: 24 }, (_, hour) => html`<th scope="col">${hour}</th>`)}</tr></thead>
<tbody>${weekdays.map((day, at) => html`<tr><th scope="row">${day}</th>${(hours[at] ?? []).map(cell)}</tr>\n`)}</tbody></table></div>`;
}

const mostBars = 30;
const mostRows = 500;

function employeesSection({ employees }: ReportData): Html {
  const all = [...employees];
  const shown = all.slice(0, mostBars);
  const rows = all.slice(0, mostRows).map(([name, counts]) => countCells(name, counts));
  const more = all.length > mostRows ? ` The table shows the first ${mostRows}.` : '';
  return html`<section>
<h2>By employee</h2>
<p>${all.length > mostBars ? `The ${mostBars} extensions with most calls, of ${integer(all.length)}.${more}` : 'Who took or made the call, by extension.'}</p>
${chart({
  labels: shown.map(([name]) => name),
  unit: 'calls',
  sideways: true,
  series: [
    {
      name: 'answered',
      kind: 'bar',
      colour: 'good',
      stacked: true,
      values: shown.map(([, { answered }]) => answered),
    },
    {
      name: 'missed',
      kind: 'bar',
      colour: 'bad',
      stacked: true,
      values: shown.map(([, { calls, answered }]) => calls - answered),
    },
  ],
})}
${numbersOf(table(['extension', 'calls', 'inbound', 'answered', 'missed', 'talk time'], rows))}
</section>`;
}

function requestsSection({ requests, bucketMs }: ReportData): Html {
  if (requests.every((bucket) => bucket.requests === 0)) return nothing;
  const label = ({ from }: RequestBucket) => clock(from / 1000);
  const labels = requests.map(label);
  const waits = requests.map(({ waitedMs }) => Math.round(waitedMs / 100) / 10);
  const rows = requests.map((bucket) => [
    label(bucket),
    integer(bucket.requests),
    integer(bucket.failed),
    (bucket.waitedMs / 1000).toFixed(1),
  ]);
  return html`<section>
<h2>Requests and waits over time</h2>
<p>Each bar covers ${duration(bucketMs / 1000)} of the run. Waits are for the rate limit, for retries, and pauses that the service asked for.</p>
${chart({
  labels,
  unit: 'requests',
  series: [
    {
      name: 'succeeded',
      kind: 'bar',
      colour: 'good',
      stacked: true,
      values: requests.map((one) => one.requests - one.failed),
    },
    {
      name: 'failed',
      kind: 'bar',
      colour: 'bad',
      stacked: true,
      values: requests.map(({ failed }) => failed),
    },
  ],
})}
${waits.some((seconds) => seconds > 0) ? chart({ labels, unit: 'seconds waited', series: [{ name: 'waits', kind: 'bar', colour: 'accent', values: waits }] }) : html`<p>The run never waited.</p>`}
${numbersOf(table(['from', 'requests', 'failed', 'seconds waited'], rows))}
</section>`;
}

function problemsSection({ problems, problemCount }: ReportData, { numbers }: PageFacts): Html {
  if (problemCount === 0) return html`<section id="problems"><h2>Problems</h2><p>None.</p></section>`;
  const statuses = [...new Set(problems.map(({ status }) => status))];
  const more = problemCount - problems.length;
  const row = ({ status, file, line, reason, numbers: parties }: (typeof problems)[number]) =>
    html`<tr data-status="${status}"><td class="${status}">${status}</td><td>${file}</td><td class="number">${line ?? ''}</td><td>${reason}</td>${numbers ? html`<td>${parties}</td>` : nothing}</tr>\n`;
  return html`<section id="problems">
<h2>Problems (${integer(problemCount)})</h2>
${more > 0 ? html`<p>The first ${integer(mostProblems)} are listed; there are ${integer(more)} more. --rejects writes them all to a file.</p>` : nothing}
<form id="filter" hidden>
<label>Text <input type="search" id="filter-text" autocomplete="off"></label>
<label>Status <select id="filter-status"><option value="">all</option>${statuses.map((status) => html`<option>${status}</option>`)}</select></label>
<output id="filter-count" aria-live="polite"></output>
</form>
<div class="scroll"><table class="problems"><thead><tr><th scope="col">status</th><th scope="col">file</th><th scope="col">line</th><th scope="col">reason</th>${numbers ? html`<th scope="col">caller → to</th>` : nothing}</tr></thead>
<tbody>${problems.map(row)}</tbody></table></div>
</section>`;
}

function filesSection({ files }: PageFacts): Html {
  return html`<section>
<h2>How ${files.length === 1 ? 'the file was' : 'the files were'} read</h2>
${files.map(
  ({ file = '', ...facts }) => html`<h3>${file}</h3>
<div class="scroll"><table class="facts"><tbody>${Object.entries(facts).map(([label, text]) => html`<tr><th scope="row">${label}</th><td>${text}</td></tr>`)}</tbody></table></div>
`,
)}
</section>`;
}

function countCells(
  label: string,
  { calls, inbound, answered, talk }: CallCounts | Period,
): readonly string[] {
  return [
    label,
    integer(calls),
    integer(inbound),
    integer(answered),
    integer(calls - answered),
    duration(talk),
  ];
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): Html {
  const cells = ([first = '', ...others]: readonly string[]) =>
    html`<tr><th scope="row">${first}</th>${others.map((cell) => html`<td class="number">${cell}</td>`)}</tr>\n`;
  return html`<table><thead><tr>${titles.map((title) => html`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>${rows.map(cells)}</tbody></table>`;
}

/** The table of a chart: read by screen readers, and shown to everybody who asks for it, without a script. */
function numbersOf(content: Html): Html {
  return html`<label class="switch"><input type="checkbox"> show the numbers</label>
<div class="numbers scroll">${content}</div>`;
}

/** A chart that can be moved sideways where the screen is narrow. */
function chart(content: Chart): Html {
  return html`<div class="scroll">${drawChart(content)}</div>`;
}

function integer(value: number): string {
  return value.toLocaleString('en-US');
}

/** Seconds as people read them, short ones with a tenth: `0.4 s`, `3 min 05 s`. */
function duration(seconds: number): string {
  return seconds < 9.5 && !Number.isInteger(seconds) ? `${seconds.toFixed(1)} s` : durationText(seconds);
}

/** Seconds since the start: `0:05`, `1:02:03`. */
function clock(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return `${hours > 0 ? `${hours}:${twoDigits(minutes)}` : minutes}:${twoDigits(Math.floor(seconds) % 60)}`;
}
