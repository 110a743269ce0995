import { setTimeout as pause } from 'node:timers/promises';
import { startIdleRingshop } from '../arms/ringshop/ringshop-arm.ts';
import type { Benchmark } from '../benchmark.ts';
import { onArms } from '../on-arms.ts';
import { type Stretch, stretch } from '../stretch.ts';
import { yardstickCell } from '../yardstick/probes.ts';
import { type IdleResult, idleResult, idleText } from './idle-result.ts';
import { memoryOf } from './memory.ts';

/** Every connection has been opened and every consumer has worked: a system that never did anything rests better. */
const ordersBefore = 2_000;
/** Pools close what they do not need after 10 s, and compilers finish. */
const settleMs = 30_000;
const windows = 5;
const windowMs = 12_000;

export const idleBenchmark: Benchmark = {
  options: ['save'],
  help: ['the whole system as `npm start` starts it, at rest after some orders: CPU and memory by part. Two minutes.'],
  async measure(_, note) {
    const result = await idle(note);
    return { result, text: idleText(result) };
  },
};

function idle(note: (text: string) => void): Promise<IdleResult> {
  return onArms({ withinMs: 300_000, note, start: [startIdleRingshop] }, async ([shop], { signal }) => {
    note(`${ordersBefore} orders`);
    await shop!.run({ ...yardstickCell, orders: ordersBefore });
    note('resting');
    await pause(settleMs, undefined, { signal });
    const pids = await shop!.pids();
    const taken: Stretch[] = [];
    for (let window = 1; window <= windows; window++)
      taken.push(await stretch(0, pids, () => pause(windowMs, undefined, { signal })));
    const memory = Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, memoryOf(pid)]));
    await shop!.checkBooks();
    return idleResult(taken, memory);
  });
}
