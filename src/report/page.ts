// The HTML page of a report, its styles and its script.

import { createHash } from 'node:crypto';
import { type Status, statuses, type Taker } from '../core/outcome.js';
import type { CheckSummary, Summary } from '../core/summary.js';
import { mostProblems, type ReportData, type ReportZone } from './aggregate.js';
import { callPictures, requestPictures } from './charts.js';
import { type Html, html, nothing, trusted } from './html.js';
import { type Language, type Words, wordsOf } from './words.js';

/** What a page says beside its numbers. */
interface PageFacts {
  /** The zone of the pictures. */
  readonly zone: ReportZone;
  /** `--report-numbers`. */
  readonly numbers: boolean;
  /** `--lang`. */
  readonly language: Language;
  readonly taker: Taker;
  /** `check` or `import`. */
  readonly command: string;
  readonly version: string;
  /** When the run began, in milliseconds since 1970. */
  readonly started: number;
  readonly summary: Summary | CheckSummary;
  /** Why it ended before its input did: one sentence. */
  readonly ended: string | undefined;
  /** How each file was read: its name under `file`, then labels with what they say. */
  readonly files: readonly Readonly<Record<string, string>>[];
}

/** The page, after its first bytes: one file without anything from elsewhere, which a content security policy holds it to. */
export function renderPage(data: ReportData, facts: PageFacts): string {
  const words = wordsOf[facts.language];
  const title = `amocalls ${facts.command}: ${facts.files.map(({ file = '' }) => file).join(', ')}`;
  const hash = createHash('sha256').update(filterScript).digest('base64');
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'`;
  return html`<html lang="${words.language}">
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
${header(facts, words)}
${tiles(data, words)}
${problemsSection(data, facts, words)}
${data.total.calls === 0 ? html`<p>${words.noPictures}</p>` : callPictures(data, facts.zone, words)}
${requestPictures(data, words)}
${filesSection(facts, words)}
</main>
<footer>amocalls ${facts.version}. ${words.footer(facts.numbers)}</footer>
<script>${trusted(filterScript)}</script>
</body>
</html>
`.text;
}

function header({ command, started, files, summary, ended, zone, taker }: PageFacts, words: Words): Html {
  const names = files.map(({ file = '' }) => file).join(', ');
  return html`<header>
<p class="kicker">amocalls ${command}</p>
<h1>${names}</h1>
<p class="when"><time datetime="${new Date(started).toISOString()}">${dateIn(zone, started)}</time></p>
<p class="outcome">${outcomeText(summary, words, taker)}${ended === undefined ? '' : ` ${ended}`}</p>
</header>`;
}

function dateIn({ name, offsetAt }: ReportZone, at: number): string {
  const local = at + offsetAt(Math.floor(at / 1000)) * 1000;
  return `${new Date(local).toISOString().slice(0, 16).replace('T', ' ')} ${name}`;
}

/** The outcome of a run in words. */
export function outcomeText(summary: Summary | CheckSummary, words: Words, taker: Taker): string {
  const { integer } = words;
  const rest = (names: readonly Status[]) => {
    const counts = new Map(Object.entries(summary));
    const some = names.flatMap((name) => {
      const count = Number(counts.get(name) ?? 0);
      return count > 0 ? [words.counted(integer(count), words.statuses[name])] : [];
    });
    return some.length === 0 ? '' : words.others(some.join(', '));
  };
  const read = words.read(integer(summary.read), summary.read);
  if ('valid' in summary) {
    return `${words.nothingSent} ${read}, ${words.ofThemValid(integer(summary.valid))}${rest(['invalid', 'duplicate', 'filtered', 'waiting'])}`;
  }
  const { accepted, requests, seconds } = summary;
  const effort = words.requestsIn(integer(requests), requests, words.duration(seconds));
  const others = rest(statuses.filter((name) => name !== 'accepted'));
  return `${read}, ${words.ofThemTaken(integer(accepted), taker)}${others} ${effort}`;
}

function tiles({ total, problemCount }: ReportData, { tiles: names, integer, duration }: Words): Html {
  const percent = (part: number) => Math.round((100 * part) / total.calls);
  const share = (value: number) => (total.calls === 0 ? '–' : `${value} %`);
  const all = [
    [names.calls, integer(total.calls)],
    [names.answered, share(percent(total.answered))],
    [names.missed, share(100 - percent(total.answered))],
    [names.inbound, share(percent(total.inbound))],
    [
      names.talk,
      total.talk < 36_000 ? duration(total.talk) : `${integer(Math.round(total.talk / 3600))} ${names.hours}`,
    ],
    [names.problems, integer(problemCount)],
  ] as const;
  return html`<dl class="tiles">${all.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function problemsSection(
  { problems, problemCount }: ReportData,
  { numbers }: PageFacts,
  { problems: names, integer, shownOf, moreProblems, statuses: statusNames }: Words,
): Html {
  if (problemCount === 0)
    return html`<section id="problems"><h2>${names.title}</h2><p>${names.none}</p></section>`;
  const found = [...new Set(problems.map(({ status }) => status))];
  const more = problemCount - problems.length;
  const row = ({ status, file, line, reason, numbers: parties }: (typeof problems)[number]) =>
    html`<tr data-status="${status}"><td class="${status}">${statusNames[status]}</td><td>${file}</td><td class="number">${line ?? ''}</td><td>${reason}</td>${numbers ? html`<td>${parties}</td>` : nothing}</tr>\n`;
  return html`<section id="problems">
<h2>${names.title} (${integer(problemCount)})</h2>
${more > 0 ? html`<p>${moreProblems(integer(mostProblems), integer(more))}</p>` : nothing}
<form id="filter" data-shown="${shownOf}" hidden>
<label>${names.text} <input type="search" id="filter-text" autocomplete="off"></label>
<label>${names.status} <select id="filter-status"><option value="">${names.all}</option>${found.map((status) => html`<option value="${status}">${statusNames[status]}</option>`)}</select></label>
<output id="filter-count" aria-live="polite"></output>
</form>
<div class="scroll"><table class="problems"><thead><tr><th scope="col">${names.status.toLowerCase()}</th><th scope="col">${names.file}</th><th scope="col">${names.line}</th><th scope="col">${names.reason}</th>${numbers ? html`<th scope="col">${names.parties}</th>` : nothing}</tr></thead>
<tbody>${problems.map(row)}</tbody></table></div>
</section>`;
}

function filesSection({ files }: PageFacts, words: Words): Html {
  return html`<section>
<h2>${words.howRead(files.length)}</h2>
${files.map(
  ({ file = '', ...facts }) => html`<h3>${file}</h3>
<div class="scroll"><table class="facts"><tbody>${Object.entries(facts).map(([label, text]) => html`<tr><th scope="row">${label}</th><td>${text}</td></tr>`)}</tbody></table></div>
`,
)}
</section>`;
}

/** The styles of a page: light and dark, on paper, and tables that only screen readers get until they are asked for. */
const styles = `
:root{--paper:#fff;--card:#f6f7f9;--ink:#1c2024;--muted:#5b6470;--line:#d9dde3;--good:#2a7d6d;--bad:#d1653a;--accent:#3e6fb5;--warm:#3e6fb5;--hot:#fff}
@media (prefers-color-scheme:dark){:root{--paper:#14171a;--card:#1d2125;--ink:#e6e9ec;--muted:#9aa5b1;--line:#343b42;--good:#4fb3a0;--bad:#e5895f;--accent:#7aa7e6;--warm:#7aa7e6;--hot:#0d1116}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main,footer{max-width:960px;margin:0 auto;padding:24px 20px}
footer{color:var(--muted);font-size:14px;border-top:1px solid var(--line)}
h1{font-size:26px;line-height:1.25;margin:0;overflow-wrap:anywhere}
h2{font-size:19px;margin:0 0 6px}
h3{font-size:16px;margin:14px 0 4px;overflow-wrap:anywhere}
p{margin:6px 0 10px}
section{margin:36px 0}
section>p,.note,.kicker,.when{color:var(--muted);font-size:14px}
.kicker,.when{margin:0}
.outcome{font-size:18px;margin:16px 0 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:10px;margin:22px 0}
.tiles div{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 14px}
dt{color:var(--muted);font-size:13px}
dd{margin:0;font-size:22px;font-weight:600;font-variant-numeric:tabular-nums;white-space:nowrap}
svg{display:block;width:100%;max-width:820px;min-width:440px;height:auto}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}
th,td{padding:4px 10px 4px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
th{font-weight:600}
thead th{color:var(--muted);font-weight:400}
.number{text-align:right;white-space:nowrap;padding-left:10px}
.numbers thead th:not(:first-child){text-align:right}
.numbers th[scope=row]{font-weight:400;white-space:nowrap}
.heat{width:100%;table-layout:fixed;min-width:440px}
.heat th,.heat td{padding:0;height:30px;text-align:center;vertical-align:middle;font-size:12px;border:2px solid var(--paper);border-radius:5px}
.heat th{color:var(--muted);font-weight:400}
.heat th:first-child{width:44px;text-align:left}
.heat td{background:color-mix(in srgb,var(--warm) var(--heat,0%),var(--card))}
.heat td.hot{color:var(--hot)}
.problems{width:100%}
.problems td:nth-child(4){overflow-wrap:anywhere;min-width:240px}
.problems td:first-child{white-space:nowrap}
.problems td:nth-child(2){overflow-wrap:anywhere;min-width:80px}
.problems .rejected,.problems .invalid{color:var(--bad)}
.facts th{font-weight:400;color:var(--muted);white-space:nowrap;padding-right:24px}
.facts td{overflow-wrap:anywhere}
form{display:flex;gap:16px;flex-wrap:wrap;align-items:center;margin:10px 0;font-size:14px}
form[hidden]{display:none}
input[type=search],select{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:6px;padding:4px 8px}
output{color:var(--muted)}
.switch{display:inline-block;color:var(--muted);font-size:14px;cursor:pointer;margin:4px 0}
.numbers{margin-top:4px}
.switch:not(:has(:checked))+.numbers{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (max-width:640px){
main,footer{padding:16px 12px}
.heat th,.heat td{font-size:10px;border-width:1px}
.heat th:first-child{width:28px}
.problems td:nth-child(4){min-width:160px}
}
@media print{
:root{--paper:#fff;--card:#f6f7f9;--ink:#000;--muted:#444;--line:#ccc;--good:#2a7d6d;--bad:#d1653a;--accent:#3e6fb5;--warm:#3e6fb5;--hot:#fff}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{font-size:12px}
main,footer{max-width:none;padding:0}
form,.switch{display:none}
section{margin:20px 0}
svg,.tiles,.heat,tr{break-inside:avoid}
h2,h3{break-after:avoid}
.scroll{overflow:visible}
svg{min-width:0}
.heat{min-width:0}
.heat th,.heat td{font-size:9px}
}
`;

/** Filters the table of problems by text and status. Without it all of them are shown. */
const filterScript = `
(() => {
  const form = document.getElementById('filter');
  if (!form) return;
  const text = document.getElementById('filter-text');
  const status = document.getElementById('filter-status');
  const count = document.getElementById('filter-count');
  const rows = [...document.querySelectorAll('.problems tbody tr')];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const show = () => {
    const wanted = text.value.trim().toLowerCase();
    let shown = 0;
    rows.forEach((row, at) => {
      const fits = texts[at].includes(wanted) && (status.value === '' || row.dataset.status === status.value);
      row.hidden = !fits;
      if (fits) shown += 1;
    });
    count.textContent = form.dataset.shown.replace('{shown}', shown).replace('{all}', rows.length);
  };
  form.hidden = false;
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', show);
  show();
})();
`;
