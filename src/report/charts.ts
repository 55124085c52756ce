import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { type Html, trusted } from './html.js';

use([BarChart, LineChart, GridComponent, LegendComponent, SVGRenderer]);

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
type Colour = keyof typeof palette;

/** A row of numbers, one for each label. */
export interface Series {
  readonly name: string;
  readonly kind: 'bar' | 'line';
  readonly colour: Colour;
  readonly values: readonly number[];
  /** Bars on top of one another. */
  readonly stacked?: true;
}

export interface Chart {
  readonly labels: readonly string[];
  readonly series: readonly Series[];
  /** What the numbers are: `calls`, `minutes`. */
  readonly unit: string;
  /** Bars from left to right, a label a line; for names. */
  readonly sideways?: true;
}

/** Width in the units of the picture, which is scaled to the page. */
const width = 880;

/** Draws a chart as SVG, without a browser. Its texts are escaped by ECharts. */
export function drawChart(chart: Chart): Html {
  const height = chart.sideways ? 70 + chart.labels.length * 22 : 270;
  const drawing = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    drawing.setOption(optionOf(chart));
    return trusted(themed(drawing.renderToSVGString()));
  } finally {
    drawing.dispose();
  }
}

function optionOf({ labels, series, unit, sideways }: Chart): EChartsCoreOption {
  const text = { color: palette.muted, fontFamily: 'inherit', fontSize: 12 };
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
    series: series.map(({ name, kind, colour, values, stacked }) => ({
      name,
      type: kind,
      data: values,
      barMaxWidth: 28,
      showSymbol: false,
      ...(stacked ? { stack: 'all' } : {}),
      itemStyle: { color: palette[colour] },
      lineStyle: { color: palette[colour], width: 2 },
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
