import { expect, it } from 'vitest';
import { idleResult } from './idle-result.ts';
import { memoryOf } from './memory.ts';

const memory = { rssMb: 100, pssMb: 80 };
const metBy = (cpuMs: Record<string, number>) => {
  const all = Object.fromEntries(Object.keys(cpuMs).map((name) => [name, memory]));
  return idleResult(cpuMs, all, 30).goals.map(({ met }) => met);
};

it('a system at rest may use 5 % of one core, and each Node part 2 %', () => {
  expect(metBy({ 'order-1': 600, kafka: 900 })).toEqual([true, true]);
  expect(metBy({ 'order-1': 590, kafka: 920 })).toEqual([false, true]);
  expect(metBy({ 'order-1': 610, kafka: 100 })).toEqual([true, false]);
});

it.runIf(process.platform === 'linux')('memory is what the kernel says, shared pages once', () => {
  const { rssMb, pssMb } = memoryOf(process.pid);
  expect(rssMb).toBeGreaterThanOrEqual(pssMb);
  expect(Math.abs(rssMb - process.memoryUsage.rss() / 2 ** 20)).toBeLessThan(50);
  expect(pssMb).toBeGreaterThan(20);
});
