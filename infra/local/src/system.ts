import { join } from 'node:path';
import { kafkaBrokers, postgresUrl, redisUrl } from './addresses.ts';
import { announce, newToken, release } from './claim.ts';
import { type ControlDesk, openControlDesk } from './control-desk.ts';
import { Refused } from './options.ts';
import type { Part } from './part.ts';
import type { Ports } from './ports.ts';
import type { StatusJson } from './status.ts';

type Env = Record<string, string>;

/** Groups of kinds in the order in which they end; they start in the opposite one. Within a group all at once. */
const stopOrder = [['gateway'], ['order', 'inventory', 'payment'], ['simulators'], ['kafka', 'redis', 'postgres']];

/** A running system: its parts are children of this process and end with it. */
export class System {
  readonly dir: string;
  readonly parts: Part[];
  readonly #ports: Ports;
  readonly #ending: AbortController;
  #desk: ControlDesk | undefined;
  #stopped: Promise<void> | undefined;

  /** `ending` is what the parts watch. */
  constructor(dir: string, parts: Part[], ports: Ports, ending: AbortController) {
    this.dir = dir;
    this.parts = parts;
    this.#ports = ports;
    this.#ending = ending;
  }

  get gatewayUrl(): string {
    return `http://127.0.0.1:${this.#ports('gateway-1')}`;
  }

  get operatorUrl(): string {
    return `http://127.0.0.1:${this.#ports('operator')}`;
  }

  get simulatorsUrl(): string {
    return `http://127.0.0.1:${this.#ports('simulators')}`;
  }

  async status(): Promise<StatusJson> {
    const parts = await Promise.all(this.parts.map((part) => part.status()));
    return {
      ready: parts.every(({ state }) => state === 'ready'),
      gateway: this.gatewayUrl,
      operator: this.operatorUrl,
      parts,
      postgres: { url: postgresUrl(this.#ports) },
      redis: { url: redisUrl(this.#ports) },
      kafka: { brokers: kafkaBrokers(this.#ports) },
      logs: join(this.dir, 'logs'),
    };
  }

  /** @throws Refused for a name that no part has */
  part(name: string): Part {
    const found = this.parts.find((part) => part.name === name);
    if (found) return found;
    throw new Refused(`there is no part ${name}; there are ${this.parts.map((part) => part.name).join(', ')}`);
  }

  stopPart(name: string, how: { kill?: boolean } = {}): Promise<boolean> {
    return this.part(name).stop(how);
  }

  /** `env` goes over what the part has anyway, for this one start. */
  startPart(name: string, env: Env = {}): Promise<void> {
    return this.part(name).start(env);
  }

  restartPart(name: string, env: Env = {}, how: { kill?: boolean } = {}): Promise<void> {
    return this.part(name).restart(env, how);
  }

  /** Ends everything in order; what takes too long is killed. Asked again it answers the same. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Takes orders from other processes: `status`, `stop`, `restart`. */
  async listen(onStopRequest: () => void): Promise<void> {
    const token = newToken();
    this.#desk = await openControlDesk(this, token, onStopRequest);
    await announce(this.dir, this.#desk.url, token);
  }

  async #stop(): Promise<void> {
    this.#ending.abort();
    for (const kinds of stopOrder) {
      const group = this.parts.filter(({ spec }) => kinds.includes(spec.kind));
      await Promise.all(group.map((part) => part.stop()));
    }
    await this.#desk?.close();
    await release(this.dir);
  }
}
