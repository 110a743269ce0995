import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StatusJson, type System, type SystemEvent, startSystem } from '@ringshop/local';
import { CommandFailed, type SystemUrls } from '@ringshop/operator';
import { Conductor, pauseUntilAborted } from './conductor.ts';
import type { FaultKind } from './deck.ts';
import { environments, partNames } from './environment.ts';
import { inspect } from './inspect.ts';
import { Load } from './load/load.ts';
import { OrderBook } from './load/order-book.ts';
import { OrderTracker } from './order-tracker.ts';
import { Parts } from './parts.ts';
import type { PlannedFault } from './plan.ts';
import { Proxies } from './proxies/proxies.ts';
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
export const endsWithinMs = 60_000;
/** The load goes on for so long after the last fault: somebody has to feel that it is over. */
const afterglowMs = 5_000;

/** A whole run on a system of its own. Its folder is kept when `keep` says so; its processes never are. */
export async function runChaos(options: RunOptions, keep: (result: RunResult) => boolean): Promise<RunResult> {
  const dir = await mkdtemp(join(tmpdir(), 'ringshop-chaos-'));
  const run = new Run(dir, options);
  let kept = false;
  try {
    await run.start();
    const result = await run.play();
    kept = keep(result);
    return result;
  } catch (error) {
    if (options.signal.aborted) throw new CommandFailed('interrupted; nothing was proved', { cause: error });
    kept = true;
    throw new CommandFailed(`${(error as Error).message} (what is left is in ${dir})`, { cause: error });
  } finally {
    await run.stop();
    if (!kept) await rm(dir, { recursive: true, force: true });
  }
}

class Run {
  readonly timeline = new Timeline();
  readonly book = new OrderBook();
  readonly proxies = new Proxies();
  readonly pause: (ms: number) => Promise<void>;
  system: System | undefined;
  parts: Parts | undefined;
  tracker: OrderTracker | undefined;
  load: Load | undefined;
  #over = false;

  constructor(
    readonly dir: string,
    readonly options: RunOptions,
  ) {
    this.pause = pauseUntilAborted(options.signal);
  }

  async start(): Promise<void> {
    const { replicas, signal } = this.options;
    this.system = await startSystem({
      dir: this.dir,
      ports: 'free',
      shards: 2,
      replicas,
      kafkaJit: 'c1',
      env: environments(this.dir, replicas),
      proxy: this.proxies.open,
      signal,
      onEvent: (event) => this.#hear(event),
    });
    this.parts = new Parts({ system: this.system, pause: this.pause, isOver: () => this.#isOver() });
  }

  async play(): Promise<RunResult> {
    const { plan, seed, ordersPerSecond, minutes, signal } = this.options;
    const status = await this.system!.status();
    const urls = urlsOf(status);
    const { order } = partNames(1);
    this.tracker = new OrderTracker(urls.postgres, order!, this.book);
    const parkUntil = performance.now() + minutes * 60_000 * 0.4;
    this.load = new Load({
      gatewayUrl: urls.gateway,
      simulatorsUrl: urls.simulators,
      seed,
      ordersPerSecond,
      book: this.book,
      pause: this.pause,
      mayPark: () => performance.now() < parkUntil,
    });
    await this.load.begin();
    this.timeline.begin();
    this.timeline.tell('note', `${ordersPerSecond} orders/s come in, ${plan.length} faults are planned`);
    const following = this.tracker.follow(this.pause, () => this.#isOver());
    const conductor = await this.#break(urls);
    const lastHealedAt = performance.now();
    await this.#quieten(lastHealedAt);
    signal.throwIfAborted();
    const inspected = await inspect(urls, this.book, this.tracker, (text) => this.timeline.tell('note', text));
    this.#over = true;
    await following;
    const { healed, errors } = conductor;
    return {
      ...this.options,
      dir: this.dir,
      book: this.book,
      parts: this.parts!,
      healed,
      errors,
      inspected,
      lastHealedAt,
      timeline: this.timeline.entries,
    };
  }

  /** Plays the plan, then makes sure that nothing is broken any more. */
  async #break(urls: SystemUrls): Promise<Conductor> {
    const { plan, signal } = this.options;
    const stage = {
      parts: this.parts!,
      proxies: this.proxies,
      redisUrl: urls.redis,
      simulatorsUrl: urls.simulators,
      pause: this.pause,
    };
    const conductor = new Conductor(stage, this.timeline, signal);
    await conductor.play(plan);
    signal.throwIfAborted();
    this.proxies.heal();
    await this.parts!.heal();
    this.timeline.tell('note', 'everything is healed');
    return conductor;
  }

  async #quieten(lastHealedAt: number): Promise<void> {
    await this.pause(afterglowMs);
    await this.load!.end();
    this.timeline.tell(
      'note',
      `nobody places orders any more; ${this.book.open.length} of ${this.book.orders.size} are under way`,
    );
    while (this.book.open.length > 0 && performance.now() < lastHealedAt + endsWithinMs) await this.pause(200);
  }

  async stop(): Promise<void> {
    this.#over = true;
    await this.load?.breakOff();
    await this.system?.stop();
    await this.tracker?.close();
    await this.proxies.close();
  }

  #isOver(): boolean {
    return this.#over || this.options.signal.aborted;
  }

  #hear(event: SystemEvent): void {
    if (event.kind === 'progress') this.timeline.tell('note', event.text);
    if (event.kind !== 'part' || event.state !== 'died') return;
    this.timeline.tell('note', `${event.name} died: ${event.detail}`);
    this.parts?.died(event.name, event.detail);
  }
}

function urlsOf({ gateway, operator, parts, postgres, redis, kafka, logs }: StatusJson): SystemUrls {
  const simulators = parts.find(({ kind }) => kind === 'simulators')!.url;
  return {
    gateway,
    operator,
    simulators,
    postgres: postgres.url,
    redis: redis.url,
    kafka: kafka.brokers.split(','),
    logs,
  };
}
