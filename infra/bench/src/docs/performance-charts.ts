import { barChart } from '@ringshop/charts';
import type { ArmResult } from '../arm-result.ts';
import { isYardstick, lowLoad, nameOf, overPeak } from '../yardstick/probes.ts';
import type { Performance } from './performance.ts';

/** Charts by file name, for docs/charts. */
export function performanceCharts({ arms }: Performance): Record<string, string> {
  const of = (name: string) => arms.find((arm) => arm.name === name);
  return {
    'orders-per-second.svg': armsChart(arms, 'Orders a second, 2 lines each', 'orders/s', (arm) => arm.ordersPerSecond),
    'cpu.svg': armsChart(arms, 'CPU of an order, all parts', 'CPU-ms an order', (arm) => arm.cpuMsPerOrder),
    'hot-skus.svg': hotChart(of),
    'latency.svg': latencyChart(of),
  };
}

function armsChart(arms: ArmResult[], title: string, unit: string, value: (arm: ArmResult) => number): string {
  const shown = arms.filter(isYardstick);
  return barChart({
    title,
    unit,
    categories: shown.map(({ name }) => name),
    series: [{ name: unit, values: shown.map(value) }],
  });
}

type Of = (name: string) => ArmResult | undefined;

function hotChart(of: Of): string {
  const hots = [1_000, 10, 1];
  const series = ['2pc', 'ringshop'].map((arm) => ({
    name: arm,
    values: hots.map((hotSkus) => of(nameOf(arm, { paymentMs: 20, hotSkus }))?.ordersPerSecond ?? null),
  }));
  const categories = hots.map((hotSkus) => `${hotSkus.toLocaleString('en')} hot ${hotSkus === 1 ? 'SKU' : 'SKUs'}`);
  const title = 'A payment provider that takes 20 ms: who holds locks meanwhile';
  return barChart({ title, unit: 'orders/s', categories, series, logarithmic: true });
}

function latencyChart(of: Of): string {
  const loads: [string, string][] = [
    ['one at a time', nameOf('ringshop', { inFlight: 1 })],
    ['100 orders/s', lowLoad],
    ...[70, 110, 200].map((percent): [string, string] => [`${percent} % of peak`, overPeak(percent)]),
  ];
  const series = (['p50Ms', 'p99Ms'] as const).map((which) => ({
    name: which === 'p50Ms' ? 'p50' : 'p99',
    values: loads.map(([, name]) => of(name)?.[which] ?? null),
  }));
  const title = 'Ringshop: placed → confirmed, by load, of the orders that it let in';
  return barChart({ title, unit: 'ms', categories: loads.map(([label]) => label), series, logarithmic: true });
}
