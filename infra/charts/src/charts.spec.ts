import { expect, it } from 'vitest';
import { barChart, lineChart } from './charts.ts';

const bars = {
  title: 'What an order costs',
  unit: 'CPU-ms an order',
  categories: ['A1', 'ringshop'],
  series: [{ name: 'all parts', values: [0.6123, null] }],
};
const lines = {
  title: 'Orders',
  xUnit: 's',
  yUnit: 'orders/s',
  series: [
    {
      name: 'completed',
      points: [
        [0, 1],
        [1, null],
        [2, 3],
      ] as [number, number | null][],
    },
  ],
  marks: [{ x: 1, label: 'shard away' }],
};

it.each([
  ['bars', barChart(bars), ['What an order costs', 'CPU-ms an order', 'A1', 'ringshop', 'all parts', '0.612']],
  ['lines', lineChart(lines), ['Orders', 'orders/s', 'completed', 'shard away']],
])('draws %s with everything that a reader has to know', (_, svg, words) => {
  expect(words.filter((word) => !svg.includes(`>${word}<`))).toEqual([]);
  expect(svg).toMatch(/^<svg /);
  expect(svg).toContain(`<title>${words[0]}</title>`);
});

it('asks nothing of the net and runs no script', () => {
  for (const svg of [barChart(bars), lineChart(lines)]) {
    expect(svg.replaceAll(/xmlns(:\w+)?="[^"]+"/g, '')).not.toMatch(/https?:|<script|@import|url\((?!#|'#)/);
  }
});

it('gives the same text for the same numbers, and never the ids of another chart', () => {
  const ids = (svg: string) => [...svg.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id!);
  expect(lineChart(lines)).toBe(lineChart(lines));
  const other = ids(lineChart({ ...lines, title: 'Others' }));
  expect(other.length).toBeGreaterThan(0);
  expect(ids(lineChart(lines)).filter((id) => other.includes(id))).toEqual([]);
});
