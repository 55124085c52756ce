// The charts of a page with their tables: hours, days, employees, requests; drawn as SVG by ECharts.

import { BarChart } from 'echarts/charts';
import { GridComponent, LegendComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { twoDigits } from '../core/display.js';
import {
  type CallCounts,
  periodsOf,
  type ReportData,
  type ReportZone,
  type RequestBucket,
} from './aggregate.js';
import { type Html, html, nothing, trusted } from './html.js';
import type { Words } from './words.js';

/** Calls by hour and weekday, answered and missed calls and talk time by day or longer, calls by employee. */
export function callPictures(data: ReportData, zone: ReportZone, words: Words): Html {
  const { unit, periods } = periodsOf(data.days);
  const { columns, units, heat } = words;
  const period = unit === 'week' ? units.weekFrom : units[unit];
  const counted = [...periods];
  const minutes = counted.map(([, { talk }]) => Math.round(talk / 60));
  const talks = counted.map(([label, { talk }]) => [label, words.duration(talk)]);
  return html`<section>
<h2>${heat.title}</h2>
<p>${heat.times} ${zone.name}${zone.isGiven ? '' : heat.noZone}.</p>
${heatMap(data.hours, words)}
</section>
<section>
<h2>${words.answeredMissedBy(units[unit])}</h2>
${answeredChart(counted, words)}
<p class="note">${words.missedNote}</p>
${numbersOf(countsTable(period, counted, words), words)}
</section>
<section>
<h2>${words.talkBy(units[unit])}</h2>
${chart({ labels: [...periods.keys()], unit: columns.minutes, series: [{ name: columns.talk, colour: 'accent', values: minutes }] })}
${numbersOf(table([period, columns.talk], talks), words)}
</section>
${employeesSection(data, words)}`;
}

/** A table whose cells are coloured by their numbers: picture and table in one. */
function heatMap(hours: readonly (readonly number[])[], { weekdays, heat }: Words): Html {
  const most = Math.max(1, ...hours.flat());
  const cell = (count: number) =>
    count === 0
      ? html`<td></td>`
      : html`<td style="--heat:${Math.round(8 + (92 * count) / most)}%"${count / most > 0.55 ? trusted(' class="hot"') : nothing}>${count}</td>`;
  return html`<div class="scroll"><table class="heat"><thead><tr><th scope="col">${heat.hour}</th>${Array.from({ length: 24 }, (_, hour) => html`<th scope="col">${hour}</th>`)}</tr></thead>
<tbody>${weekdays.map((day, at) => html`<tr><th scope="row">${day}</th>${(hours[at] ?? []).map(cell)}</tr>\n`)}</tbody></table></div>`;
}

const mostBars = 30;
const mostRows = 500;

function employeesSection({ employees }: ReportData, words: Words): Html {
  const all = [...employees];
  return html`<section>
<h2>${words.employees.title}</h2>
<p>${all.length > mostBars ? words.firstEmployees(mostBars, words.integer(all.length)) : words.employees.note}</p>
${answeredChart(all.slice(0, mostBars), words, { sideways: true })}
${numbersOf(countsTable(words.columns.extension, all.slice(0, mostRows), words), words)}
</section>`;
}

/** Calls of days or longer, or of employees, by the label of each. */
type Counted = readonly (readonly [label: string, counts: Readonly<CallCounts>])[];

/** Answered and missed calls on top of one another. */
function answeredChart(counted: Counted, { columns }: Words, layout: Pick<Chart, 'sideways'> = {}): Html {
  return chart({
    ...layout,
    labels: counted.map(([label]) => label),
    unit: columns.calls,
    series: stacked(
      [columns.answered, columns.missed],
      counted.map(([, { answered, calls }]) => [answered, calls - answered]),
    ),
  });
}

/** The numbers behind them, with a title for the labels. */
function countsTable(title: string, counted: Counted, { columns, integer, duration }: Words): Html {
  return table(
    [title, columns.calls, columns.inbound, columns.answered, columns.missed, columns.talk],
    counted.map(([label, { calls, inbound, answered, talk }]) => [
      label,
      ...[calls, inbound, answered, calls - answered].map(integer),
      duration(talk),
    ]),
  );
}

/** A run of seconds has nothing to show over time, in milliseconds. */
const shortRun = 60_000;

/** Requests and waits over the time of the run; nothing where none was made, or the run was short. */
export function requestPictures({ requests, bucketMs }: ReportData, words: Words): Html {
  if (requests.every((bucket) => bucket.requests === 0)) return nothing;
  if (requests.length * bucketMs < shortRun) return nothing;
  const said = words.requests;
  const label = ({ from }: RequestBucket) => clock(from / 1000);
  const labels = requests.map(label);
  const waits = requests.map(({ waitedMs }) => Math.round(waitedMs / 100) / 10);
  const rows = requests.map((bucket) => [
    label(bucket),
    words.integer(bucket.requests),
    words.integer(bucket.failed),
    (bucket.waitedMs / 1000).toFixed(1),
  ]);
  return html`<section>
<h2>${said.title}</h2>
<p>${words.requestsNote(words.duration(bucketMs / 1000))}</p>
${chart({
  labels,
  unit: said.unit,
  series: stacked(
    [said.succeeded, said.failed],
    requests.map((one) => [one.requests - one.failed, one.failed]),
  ),
})}
${waits.some((seconds) => seconds > 0) ? chart({ labels, unit: said.waited, series: [{ name: said.waits, colour: 'accent', values: waits }] }) : html`<p>${said.neverWaited}</p>`}
${numbersOf(table([said.from, said.unit, said.failed, said.waited], rows), words)}
</section>`;
}

/** Good and bad on top of one another. */
function stacked(
  [good, bad]: readonly [good: string, bad: string],
  values: readonly (readonly [good: number, bad: number])[],
): readonly Series[] {
  return [
    { name: good, colour: 'good', stacked: true, values: values.map(([value]) => value) },
    { name: bad, colour: 'bad', stacked: true, values: values.map(([, value]) => value) },
  ];
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): Html {
  const cells = ([first = '', ...others]: readonly string[]) =>
    html`<tr><th scope="row">${first}</th>${others.map((cell) => html`<td class="number">${cell}</td>`)}</tr>\n`;
  return html`<table><thead><tr>${titles.map((title) => html`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>${rows.map(cells)}</tbody></table>`;
}

/** The table of a chart: read by screen readers, and shown to everybody who asks for it, without a script. */
function numbersOf(content: Html, { showNumbers }: Words): Html {
  return html`<label class="switch"><input type="checkbox"> ${showNumbers}</label>
<div class="numbers scroll">${content}</div>`;
}

/** A chart that can be moved sideways where the screen is narrow. */
function chart(content: Chart): Html {
  return html`<div class="scroll">${drawChart(content)}</div>`;
}

/** Seconds since the start: `0:05`, `1:02:03`. */
function clock(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return `${hours > 0 ? `${hours}:${twoDigits(minutes)}` : minutes}:${twoDigits(Math.floor(seconds) % 60)}`;
}

use([BarChart, GridComponent, LegendComponent, SVGRenderer]);

/**
 * The colours of charts, by the CSS variable that each becomes: so one picture serves light and dark. ECharts wants
 * real colours, so each has one that occurs nowhere else.
 */
const palette = {
  ink: '#010203',
  muted: '#010204',
  line: '#010205',
  good: '#010206',
  bad: '#010207',
  accent: '#010208',
} as const;

/** A row of numbers, one for each label. */
interface Series {
  readonly name: string;
  readonly colour: keyof typeof palette;
  readonly values: readonly number[];
  /** Bars on top of one another. */
  readonly stacked?: true;
}

interface Chart {
  readonly labels: readonly string[];
  readonly series: readonly Series[];
  /** What the numbers are: `calls`, `minutes`. */
  readonly unit: string;
  /** Bars from left to right, a label a line; for names. */
  readonly sideways?: true;
}

/** Width in the units of the picture, which is scaled to the page. */
const width = 680;

/** Draws a chart as SVG, without a browser. Its texts are escaped by ECharts. */
function drawChart(chart: Chart): Html {
  const height = chart.sideways ? 70 + chart.labels.length * 26 : 280;
  const drawing = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    drawing.setOption(optionOf(chart));
    return trusted(themed(drawing.renderToSVGString()));
  } finally {
    drawing.dispose();
  }
}

function optionOf({ labels, series, unit, sideways }: Chart): EChartsCoreOption {
  const text = { color: palette.muted, fontFamily: 'inherit', fontSize: 14 };
  const names = {
    type: 'category',
    data: labels,
    inverse: sideways === true,
    axisLabel: { ...text, hideOverlap: true },
    axisLine: { lineStyle: { color: palette.line } },
    axisTick: { show: false },
  };
  const numbers = {
    type: 'value',
    name: unit,
    nameTextStyle: { ...text, align: 'left', padding: sideways ? 0 : [0, 0, 0, -40] },
    minInterval: series.every(({ values }) => values.every(Number.isInteger)) ? 1 : 0,
    axisLabel: text,
    splitLine: { lineStyle: { color: palette.line } },
  };
  return {
    animation: false,
    grid: { left: sideways ? 90 : 56, right: sideways ? 70 : 12, top: 34, bottom: 28 },
    legend:
      series.length < 2
        ? { show: false }
        : { top: 0, right: 12, itemWidth: 14, itemGap: 28, textStyle: text },
    xAxis: sideways ? numbers : names,
    yAxis: sideways ? names : numbers,
    series: series.map(({ name, colour, values, stacked }) => ({
      name,
      type: 'bar',
      data: values,
      barMaxWidth: 28,
      ...(stacked ? { stack: 'all' } : {}),
      itemStyle: { color: palette[colour] },
    })),
  };
}

/** The picture with variables for colours, scaled by its box, without what only a living chart needs. */
function themed(svg: string): string {
  let text = svg
    .replace(/<style ?>.*?<\/style>/gs, '')
    .replace(/ (?:class|ecmeta_\w+|baseProfile|version|xmlns(?::xlink)?)="[^"]*"/g, '')
    .replace(/^<svg width="\d+" height="\d+"/, '<svg aria-hidden="true" focusable="false"');
  for (const [name, colour] of Object.entries(palette)) text = text.replaceAll(colour, `var(--${name})`);
  return text;
}
