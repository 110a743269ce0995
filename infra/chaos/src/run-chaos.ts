import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandFailed, type SystemUrls } from '@ringshop/operator';
import { Arena } from './arena.ts';
import { Conductor, pauseUntilAborted } from './conductor.ts';
import type { FaultKind } from './deck.ts';
import { partNames } from './environment.ts';
import { inspect } from './inspect.ts';
import { Load } from './load/load.ts';
import { OrderBook } from './load/order-book.ts';
import { OrderTracker } from './order-tracker.ts';
import type { PlannedFault } from './plan.ts';
import type { RunResult } from './report.ts';
import { Timeline } from './timeline.ts';

export interface RunOptions {
  seed: number;
  minutes: number;
  replicas: number;
  ordersPerSecond: number;
  kinds: readonly FaultKind[];
  plan: PlannedFault[];
  signal: AbortSignal;
}

/** By when, after the last fault is healed, every acknowledged order has to be terminal. */
const endsWithinMs = 60_000;
/** The load goes on for so long after the last fault: somebody has to feel that it is over. */
const afterglowMs = 5_000;
/** Of the run, from its beginning: an order that has to be parked needs a minute for it. */
const parkingShare = 0.4;

/** A whole run on a system of its own. Its folder is kept when `keep` says so; its processes never are. */
export async function runChaos(options: RunOptions, keep: (result: RunResult) => boolean): Promise<RunResult> {
  const dir = await mkdtemp(join(tmpdir(), 'ringshop-chaos-'));
  const timeline = new Timeline();
  const pause = pauseUntilAborted(options.signal);
  const arena = new Arena({ dir, timeline, pause, ...options });
  let isKept = false;
  try {
    await arena.open();
    const result = await play(arena, timeline, { ...options, dir });
    isKept = keep(result);
    return result;
  } catch (error) {
    if (options.signal.aborted) throw new CommandFailed('interrupted; nothing was proved', { cause: error });
    isKept = true;
    throw new CommandFailed(`${(error as Error).message} (what is left is in ${dir})`, { cause: error });
  } finally {
    await arena.close();
    if (!isKept) await rm(dir, { recursive: true, force: true });
  }
}

type Play = RunOptions & { dir: string };

async function play(arena: Arena, timeline: Timeline, options: Play): Promise<RunResult> {
  const { plan, ordersPerSecond, signal } = options;
  const urls = await arena.urls();
  const pause = pauseUntilAborted(signal);
  const book = new OrderBook();
  const tracker = new OrderTracker(urls.postgres, partNames(1).order!, book);
  const load = loadOf(urls, book, pause, options);
  const following = new AbortController();
  const ending = AbortSignal.any([following.signal, signal]);
  const followed = tracker.follow(pause, ending);
  try {
    await load.begin();
    timeline.begin();
    timeline.tell('note', `${ordersPerSecond} orders/s come in, ${plan.length} faults are planned`);
    void feelThePulse(book, timeline, ending);
    const conductor = new Conductor(arena.stage(urls), timeline, signal);
    const lastHealedAt = await breakAndHeal(conductor, plan, arena, timeline, signal);
    await quieten(load, book, timeline, pause, lastHealedAt);
    signal.throwIfAborted();
    const inspected = await inspect(urls, book, tracker, (text) => timeline.tell('note', text));
    const { healed, errors } = conductor;
    return {
      ...options,
      book,
      parts: arena.parts,
      healed,
      errors,
      inspected,
      lastHealedAt,
      timeline: timeline.entries,
    };
  } finally {
    await load.breakOff();
    following.abort();
    await followed;
    await tracker.close();
  }
}

/** @returns when nothing was broken any more */
async function breakAndHeal(
  conductor: Conductor,
  plan: PlannedFault[],
  arena: Arena,
  timeline: Timeline,
  signal: AbortSignal,
): Promise<number> {
  await conductor.play(plan);
  signal.throwIfAborted();
  await arena.heal();
  timeline.tell('note', 'everything is healed');
  return performance.now();
}

/** Every ten seconds: whether anything gets on between the faults. */
async function feelThePulse(book: OrderBook, timeline: Timeline, ending: AbortSignal): Promise<void> {
  const wait = pauseUntilAborted(ending);
  const seen = () => ({ ...book.endings, acknowledged: book.orders.size });
  for (let before = seen(); ; ) {
    await wait(10_000);
    if (ending.aborted) return;
    const now = seen();
    const more = Object.entries(now).map(([what, count]) => `${count - before[what as keyof typeof now]} ${what}`);
    timeline.tell('note', `in ten seconds ${more.join(', ')}; ${book.open.length} under way`);
    before = now;
  }
}

function loadOf(urls: SystemUrls, book: OrderBook, pause: (ms: number) => Promise<void>, options: Play): Load {
  const { seed, ordersPerSecond, minutes, signal } = options;
  const parkUntil = performance.now() + minutes * 60_000 * parkingShare;
  return new Load({
    gatewayUrl: urls.gateway,
    simulatorsUrl: urls.simulators,
    seed,
    ordersPerSecond,
    book,
    pause,
    signal,
    mayPark: () => performance.now() < parkUntil,
  });
}

/** No more orders, and so much time for those that there are. */
async function quieten(
  load: Load,
  book: OrderBook,
  timeline: Timeline,
  pause: (ms: number) => Promise<void>,
  lastHealedAt: number,
): Promise<void> {
  await pause(afterglowMs);
  await load.end();
  const { open, orders } = book;
  timeline.tell('note', `nobody places orders any more; ${open.length} of ${orders.size} are under way`);
  const giveUpAt = lastHealedAt + endsWithinMs;
  while (book.open.length > 0 && performance.now() < giveUpAt) await pause(200);
}
