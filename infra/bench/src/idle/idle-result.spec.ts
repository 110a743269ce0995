import { expect, it } from 'vitest';
import { markdown } from '../markdown.ts';
import { idleResult, idleTable, windowsText } from './idle-result.ts';
import { memoryOf } from './memory.ts';

const memory = { rssMb: 100, pssMb: 80 };
function rested(...windows: Record<string, number>[]) {
  const all = Object.fromEntries(Object.keys(windows[0]!).map((name) => [name, memory]));
  return idleResult(
    windows.map((cpuMs) => ({ seconds: 30, cpuMs })),
    all,
  );
}
const metBy = (cpuMs: Record<string, number>) => rested(cpuMs).goals.map(({ met }) => met);

it('a system at rest may use 5 % of one core, and each Node part 2 %', () => {
  expect(metBy({ 'order-1': 600, kafka: 900 })).toEqual([true, true]);
  expect(metBy({ 'order-1': 590, kafka: 920 })).toEqual([false, true]);
  expect(metBy({ 'order-1': 610, kafka: 100 })).toEqual([true, false]);
});

it('is judged by the median of its windows, and a busy one shows in their range', () => {
  const quiet = { 'order-1': 300, kafka: 600 };
  const result = rested(quiet, { 'order-1': 9_000, kafka: 600 }, { 'order-1': 300, kafka: 660 });
  expect(result.goals).toMatchObject([
    { measured: 3.2, range: [3, 32], rounds: 3, met: true },
    { measured: 1, range: [1, 30], rounds: 3, met: true },
  ]);
  expect(idleTable(result).rows).toEqual([
    ['order-1', '1.00', '1.00–30.00', 100, 80],
    ['kafka', '2.00', '2.00–2.20', 100, 80],
    ['all', '3.20', '3.00–32.00', 200, 160],
  ]);
  expect(windowsText(result)).toBe('Medians of 3 windows of 30 s, and the lowest and the highest.');
});

it('a file of a single window is still shown, without a range', () => {
  const parts = ['order-1', 'kafka'].map((name) => ({ name, cpuPercent: 1.25, ...memory }));
  const result = { parts, seconds: 30, goals: [] };
  const table = markdown(idleTable(result));
  expect(windowsText(result)).toBe('One window of 30 s.');
  expect(table).toMatch(/^\| order-1 .* 1.25 \| +– \|/m);
  expect(table).toMatch(/^\| all .* 2.50 \| +– \| +200 \|/m);
});

it.runIf(process.platform === 'linux')('memory is what the kernel says, shared pages once', () => {
  const { rssMb, pssMb } = memoryOf(process.pid);
  expect(rssMb).toBeGreaterThanOrEqual(pssMb);
  expect(Math.abs(rssMb - process.memoryUsage.rss() / 2 ** 20)).toBeLessThan(50);
  expect(pssMb).toBeGreaterThan(20);
});
