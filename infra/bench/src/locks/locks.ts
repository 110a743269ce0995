import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { StatusJson } from '@ringshop/local';
import { CommandFailed } from '@ringshop/operator';
import { createDatabase } from '../databases.ts';
import { type Benched, onOwnSystem } from '../own-system.ts';
import { sum } from '../statistics.ts';
import { type Stretch, stretch } from '../stretch.ts';
import { comparePrimitives } from './compare-primitives.ts';
import { type Cell, type LocksResult, lockArm, lockGoals, nameOf } from './locks-result.ts';
import { Neighbours } from './neighbours.ts';
import { countsOf, messagesHandled, refusedByGuard } from './service-metrics.ts';
import { type Answers, StockLoad } from './stock-load.ts';
import { internalCallKeys, StockTake } from './stock-take.ts';
import { textbookMistakes } from './textbook-mistakes.ts';

const modes = ['none', 'database', 'redis'] as const;
const spreads = [1, 10, 1000];
const inventories = ['inventory-1', 'inventory-1.2'] as const;
/** Parts that no reservation needs. The topic of the shard's replies is free then. */
const unneeded = ['gateway-1', 'order-1', 'order-1.2', 'payment-1', 'simulators'];

const units = 12_000;
/** One buyer in eleven finds the shelf empty: overselling happens where something is sold to its last unit. */
const buyers = 13_200;
const warmUp = 3_000;
const inFlight = 256;
const allSkus = Array.from({ length: 1000 }, (_, index) => `SKU-${String(index + 1).padStart(4, '0')}`);

interface Measured {
  cell: Cell;
  stretches: Stretch[];
  latencies: number[];
  refused: number;
  oversold: number;
}

/** Every way of guarding the stock under the same commands, on the same servers, in one run. */
export function locks(note: (text: string) => void): Promise<LocksResult> {
  note('starting Kafka, PostgreSQL, Redis and two replicas of inventory');
  const env = { inventory: { INTERNAL_CALL_KEYS: internalCallKeys } };
  return onOwnSystem({ shards: 1, replicas: 2, env }, 600_000, (benched) => new LocksBench(benched, note).run());
}

class LocksBench {
  readonly #benched: Benched;
  readonly #note: (text: string) => void;
  readonly #measured = new Map<string, Measured>();
  readonly #neighbours = new Neighbours();

  constructor(benched: Benched, note: (text: string) => void) {
    this.#benched = benched;
    this.#note = note;
  }

  async run(): Promise<LocksResult> {
    const { system, signal } = this.#benched;
    for (const part of unneeded) await system.stopPart(part);
    const { postgres, kafka, parts } = await system.status();
    const books = new StockTake(postgres.url, urlOf(parts, inventories[0]));
    const load = new StockLoad({ brokers: kafka.brokers.split(','), shard: 'order-1', inFlight, signal });
    try {
      await load.open();
      // There and back: a machine that gets slower or faster meanwhile does so to every mode alike.
      for (const [index, mode] of [...modes, ...modes.toReversed()].entries()) {
        this.#note(`${index + 1} of ${2 * modes.length}: STOCK_LOCK=${mode}`);
        await this.#mode(mode, index < modes.length ? spreads : spreads.toReversed(), load, books);
      }
      await books.requireBalance();
    } finally {
      await Promise.allSettled([load.close(), books.close()]);
    }
    for (const name of inventories) await system.stopPart(name);
    return this.#conclude();
  }

  async #mode(lock: Cell['lock'], hots: number[], load: StockLoad, books: StockTake): Promise<void> {
    const { system } = this.#benched;
    await Promise.all(inventories.map((name) => system.restartPart(name, { STOCK_LOCK: lock })));
    await books.fill(allSkus, 1_000_000);
    for (const replicas of [2, 1] as const) {
      if (replicas === 1) await system.stopPart(inventories[1]);
      await this.#untilShared(load);
      for (const hotSkus of hots) await this.#cell({ lock, hotSkus, replicas }, load, books);
      if (lock === 'redis') await this.#neighbours.measure(replicas, allSkus, load, books);
    }
  }

  /** Warms the replicas up, until the consumer group has given each its share of the work. */
  async #untilShared(load: StockLoad): Promise<void> {
    const services = await this.#services();
    for (let attempt = 0; attempt < 20; attempt++) {
      const before = await countsOf(messagesHandled, services);
      await load.reserve(allSkus, warmUp);
      const after = await countsOf(messagesHandled, services);
      if (after.every((count, index) => count - before[index]! > warmUp / 4)) return;
    }
    throw new CommandFailed('the replicas of inventory do not share the work');
  }

  async #services(): Promise<string[]> {
    const { parts } = await this.#benched.system.status();
    return parts.filter(({ kind, pid }) => kind === 'inventory' && pid).map(({ url }) => url);
  }

  async #cell(cell: Cell, load: StockLoad, books: StockTake): Promise<void> {
    const { parts } = await this.#benched.system.status();
    const pids = Object.fromEntries(
      parts.flatMap(({ name, pid }) => (pid && name !== 'kafka' ? [[name, pid] as const] : [])),
    );
    const services = await this.#services();
    const hot = allSkus.slice(0, cell.hotSkus);
    await books.fill(hot, units / hot.length);
    const refused = async () => sum(await countsOf(refusedByGuard, services));
    const refusedBefore = await refused();
    const all = this.#of(cell);
    let answers: Answers | undefined;
    const taken = await stretch(buyers, pids, async () => {
      answers = await load.reserve(hot, buyers);
    });
    all.oversold += await books.oversold(hot, answers!);
    all.latencies.push(...answers!.latencies);
    all.stretches.push(taken);
    all.refused += (await refused()) - refusedBefore;
    this.#note(`    ${nameOf(cell)}: ${Math.round(buyers / taken.seconds)} reservations/s`);
  }

  #of(cell: Cell): Measured {
    const key = JSON.stringify(cell);
    const known = this.#measured.get(key) ?? { cell, stretches: [], latencies: [], refused: 0, oversold: 0 };
    this.#measured.set(key, known);
    return known;
  }

  async #conclude(): Promise<LocksResult> {
    const { system, signal } = this.#benched;
    const { postgres, redis } = await system.status();
    const textbook = await createDatabase(postgres.url, 'textbook');
    this.#note('the two textbook mistakes');
    const demonstrations = await textbookMistakes({ databaseUrl: textbook, redisUrl: redis.url }, signal);
    this.#note('other kinds of lock');
    const dir = join(system.dir, 'primitives');
    await mkdir(dir);
    const primitives = await comparePrimitives({ databaseUrl: textbook, redisUrl: redis.url, dir }, signal);
    const arms = [...this.#measured.values()].map(({ stretches, ...counts }) => lockArm(stretches, counts));
    const goals = [...lockGoals(arms, demonstrations), ...this.#neighbours.goals()];
    return { arms, goals, demonstrations, primitives };
  }
}

const urlOf = (parts: StatusJson['parts'], name: string) => parts.find((part) => part.name === name)!.url;
