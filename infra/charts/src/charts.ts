import { axisLook, ink, svgOf } from './svg.ts';

export interface BarChartData {
  title: string;
  /** Of the values, such as `CPU-ms an order`. */
  unit: string;
  /** What stands under each group of bars. */
  categories: string[];
  /** A value for each category; null where there is none. */
  series: { name: string; values: (number | null)[] }[];
  /** The series on top of each other: the parts of a whole. */
  stacked?: boolean;
  /** For values that differ by orders of magnitude. */
  logarithmic?: boolean;
}

export interface LineChartData {
  title: string;
  xUnit: string;
  yUnit: string;
  /** In the order of x; a null breaks the line. */
  series: { name: string; points: [x: number, y: number | null][] }[];
  /** Upright lines where something happened. */
  marks?: { x: number; label: string }[];
  logarithmic?: boolean;
}

/** Bars side by side for each category, or stacked, as the text of an SVG. */
export function barChart({ title, unit, categories, series, stacked, logarithmic }: BarChartData): string {
  return svgOf(title, 320, {
    xAxis: { type: 'category', data: categories, ...axisLook, axisLabel: { color: ink, interval: 0 } },
    yAxis: valueAxis(unit, logarithmic),
    series: series.map(({ name, values }) => ({
      type: 'bar',
      name,
      data: values.map((value) => value ?? '-'),
      barMaxWidth: 44,
      ...(stacked && { stack: 'all' }),
      label: { show: !stacked, position: 'top', color: ink, formatter: ({ value }) => shortNumber(Number(value)) },
    })),
  });
}

/** Lines over a number, such as seconds, as the text of an SVG. */
export function lineChart({ title, xUnit, yUnit, series, marks = [], logarithmic }: LineChartData): string {
  const markLine = {
    symbol: 'none',
    lineStyle: { color: ink, type: 'dashed' as const, opacity: 0.7 },
    label: { color: ink, formatter: '{b}', rotate: 0 },
    data: marks.map(({ x, label }) => ({ xAxis: x, name: label })),
  };
  return svgOf(title, 300, {
    xAxis: {
      type: 'value',
      min: 'dataMin',
      max: 'dataMax',
      ...axisLook,
      splitLine: { show: false },
      name: xUnit,
      nameLocation: 'middle',
    },
    yAxis: valueAxis(yUnit, logarithmic),
    series: series.map(({ name, points }, index) => ({
      type: 'line',
      name,
      data: points.map(([x, y]) => [x, y ?? '-']),
      showSymbol: false,
      lineStyle: { width: 2 },
      ...(index === 0 && marks.length > 0 && { markLine }),
    })),
  });
}

const valueAxis = (unit: string, logarithmic = false) => ({
  type: logarithmic ? ('log' as const) : ('value' as const),
  name: unit,
  nameLocation: 'middle' as const,
  ...axisLook,
  axisLabel: { color: ink, formatter: shortNumber },
});

/** Three figures say enough above a bar: 0.123, 12.3, 1,230. */
function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return '';
  return Number(value.toPrecision(3)).toLocaleString('en', { maximumSignificantDigits: 3 });
}
