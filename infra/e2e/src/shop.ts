import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { readMessage } from '@ringshop/contracts';
import { type StatusJson, type System, type SystemOptions, startSystem } from '@ringshop/local';
import { audit, connectKafka, readTopics, type SystemUrls, urlsOf } from '@ringshop/operator';
import { testFolder } from '@ringshop/testing';
import { expect } from 'vitest';
import { Customer } from './customer.ts';

export interface TokenOptions {
  sub?: string;
  role?: string;
  expiresIn?: number;
  audience?: string;
  issuer?: string;
}

/** The whole system on free ports, in a folder of its own: everything a test of the outside needs. */
export class Shop {
  /** Ids of every order that was answered with 2xx: what the audit's I5 has to find again. */
  readonly acknowledged: string[] = [];

  private constructor(
    readonly system: System,
    readonly status: StatusJson,
    private readonly dir: string,
  ) {}

  static async open(options: Partial<SystemOptions> = {}): Promise<Shop> {
    const dir = testFolder('shop');
    const system = await startSystem({ dir, ports: 'free', shards: 2, replicas: 1, kafkaJit: 'c1', ...options });
    return new Shop(system, await system.status(), dir);
  }

  async close(): Promise<void> {
    await this.system.stop();
    await rm(this.dir, { recursive: true, force: true });
  }

  get gatewayUrl(): string {
    return this.status.gateway;
  }

  private get urls(): SystemUrls {
    return urlsOf(this.status);
  }

  urlOf(part: string): string {
    return this.status.parts.find(({ name }) => name === part)!.url;
  }

  async customer(id: string = randomUUID()): Promise<Customer> {
    return new Customer(id, await this.token({ sub: id }), this.gatewayUrl, (orderId) =>
      this.acknowledged.push(orderId),
    );
  }

  async token(options: TokenOptions = {}): Promise<string> {
    const response = await fetch(`${this.urlOf('simulators')}/identity/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sub: randomUUID(), ...options }),
    });
    return ((await response.json()) as { token: string }).token;
  }

  /** kill -9 if it still runs, then up again; resolves when it is ready, or has died on the way (a failpoint may strike early). */
  async restart(part: string, env: Record<string, string> = {}): Promise<void> {
    await this.system.stopPart(part, { kill: true });
    await this.system.startPart(part, env).catch(async (error) => {
      if ((await this.stateOf(part)) !== 'down') throw error;
    });
  }

  async stateOf(part: string): Promise<string> {
    return (await this.system.part(part).status()).state;
  }

  /** Messages that were sent more than once, by their ids: the mark that some faults leave in Kafka. */
  async repeatedMessages(): Promise<number> {
    const seen = new Set<string>();
    let repeated = 0;
    const topics = ['inventory.commands', 'payment.commands', 'order.replies.order-1', 'order.replies.order-2'];
    await readTopics(connectKafka(this.urls.kafka), topics, ({ value }) => {
      const id = idIn(value);
      if (id === undefined) return;
      if (seen.has(id)) repeated++;
      seen.add(id);
    });
    return repeated;
  }

  /** Waits for quiet, then adds up every order, unit and cent over all databases. */
  async adds(): Promise<void> {
    const report = await audit(this.urls, { acknowledged: this.acknowledged });
    expect(report.invariants.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.ok).toBe(true);
  }
}

/** Undefined for what a test wrote into the topic that is no message. */
function idIn(value: Buffer | null): string | undefined {
  try {
    return readMessage(value).event.id;
  } catch {
    return undefined;
  }
}
