import { createHash } from 'node:crypto';
import { statuses } from '../core/outcome.js';
import type { CheckSummary, Summary } from '../core/summary.js';
import { mostProblems, type ReportData, type ReportZone } from './aggregate.js';
import { type Html, html, nothing, trusted } from './html.js';
import { filterScript, pageStart, styles } from './page-assets.js';
import { callPictures, duration, integer, requestPictures } from './pictures.js';

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
${data.total.calls === 0 ? html`<p>No call of this run can be shown in pictures.</p>` : callPictures(data, facts.zone)}
${requestPictures(data)}
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
  const percent = (part: number) => Math.round((100 * part) / total.calls);
  const share = (value: number) => (total.calls === 0 ? '–' : `${value} %`);
  const all = [
    ['Calls', integer(total.calls)],
    ['Answered', share(percent(total.answered))],
    ['Missed', share(100 - percent(total.answered))],
    ['Inbound', share(percent(total.inbound))],
    ['Talk time', total.talk < 36_000 ? duration(total.talk) : `${integer(Math.round(total.talk / 3600))} h`],
    ['Problems', integer(problemCount)],
  ] as const;
  return html`<dl class="tiles">${all.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
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
