import { type System, type SystemEvent, startSystem } from '@ringshop/local';
import { type SystemUrls, urlsOf } from '@ringshop/operator';
import { environments } from './environment.ts';
import type { Stage } from './faults/fault.ts';
import { Parts } from './parts.ts';
import { Proxies } from './proxies/proxies.ts';
import type { Timeline } from './timeline.ts';

export interface ArenaOptions {
  dir: string;
  replicas: number;
  timeline: Timeline;
  pause(ms: number): Promise<void>;
  signal: AbortSignal;
}

/** The system under test on free ports, with proxies before its servers. */
export class Arena {
  readonly #options: ArenaOptions;
  readonly #proxies = new Proxies();
  #system: System | undefined;
  #parts: Parts | undefined;
  #isClosing = false;

  constructor(options: ArenaOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    const { dir, replicas, pause, signal } = this.#options;
    this.#system = await startSystem({
      dir,
      ports: 'free',
      shards: 2,
      replicas,
      kafkaJit: 'c1',
      env: environments(dir, replicas),
      proxy: this.#proxies.open,
      signal,
      onEvent: (event) => this.#hear(event),
    });
    const isOver = () => this.#isClosing || signal.aborted;
    this.#parts = new Parts({ system: this.#system, pause, isOver });
  }

  get parts(): Parts {
    return this.#parts!;
  }

  async urls(): Promise<SystemUrls> {
    return urlsOf(await this.#system!.status());
  }

  stage(urls: SystemUrls): Stage {
    const { redis, simulators } = urls;
    const { pause } = this.#options;
    return { parts: this.parts, proxies: this.#proxies, redisUrl: redis, simulatorsUrl: simulators, pause };
  }

  /** Whatever the faults have left: afterwards nothing is broken any more. */
  async heal(): Promise<void> {
    this.#proxies.heal();
    await this.parts.heal();
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#system?.stop();
    await this.#proxies.close();
  }

  #hear(event: SystemEvent): void {
    const { timeline } = this.#options;
    if (event.kind === 'progress') timeline.tell('note', event.text);
    if (event.kind !== 'part' || event.state !== 'died') return;
    timeline.tell('note', `${event.name} died: ${event.detail}`);
    this.#parts?.died(event.name, event.detail);
  }
}
