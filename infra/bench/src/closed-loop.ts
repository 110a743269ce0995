import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';
import { tokensOf } from './tokens.ts';

export interface Load {
  gatewayUrl: string;
  simulatorsUrl: string;
  /** Orders under way at any moment: a closed loop, so the system sets the pace and nothing piles up outside it. */
  inFlight: number;
  /** Once aborted, no further order is placed. */
  signal: AbortSignal;
}

export interface Outcome {
  /** Every answer but a confirmed order, by what it was: `201 rejected`, `503`. */
  others: Record<string, number>;
  confirmed: number;
  /** Milliseconds from POST to the confirmed answer, ascending. */
  latencies: Float64Array;
}

const customers = 500;

/** Places orders through the gateway and waits for each to end (`Prefer: wait`), as a shop's checkout would. */
export class ClosedLoop {
  private tokens: string[] = [];
  private readonly pool: Pool;

  constructor(private readonly load: Load) {
    this.pool = new Pool(load.gatewayUrl, { connections: load.inFlight, pipelining: 1 });
  }

  async prepare(): Promise<void> {
    this.tokens = await tokensOf(this.load.simulatorsUrl, customers);
  }

  async place(orders: number): Promise<Outcome> {
    const outcome: Outcome = { others: {}, confirmed: 0, latencies: new Float64Array(orders) };
    let next = 0;
    const worker = async () => {
      while (next < orders) {
        this.load.signal.throwIfAborted();
        await this.one(next++, outcome);
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.load.inFlight, orders) }, worker));
    outcome.latencies = outcome.latencies.subarray(0, outcome.confirmed).sort();
    return outcome;
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  private async one(n: number, outcome: Outcome): Promise<void> {
    const began = performance.now();
    const { statusCode, body } = await this.pool.request({
      method: 'POST',
      path: '/v1/orders',
      headers: {
        authorization: `Bearer ${this.tokens[n % customers]}`,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
        prefer: 'wait=10',
      },
      body: JSON.stringify({
        lines: [{ sku: `SKU-${String(1 + Math.floor(Math.random() * 890)).padStart(4, '0')}`, quantity: 1 }],
        payment: { token: 'tok_approve' },
        shipTo: { name: 'Ada Bench', address: '1 Loopback Street' },
      }),
    });
    const text = await body.text();
    if (statusCode === 201 && text.includes('"status":"confirmed"')) {
      outcome.latencies[outcome.confirmed++] = performance.now() - began;
      return;
    }
    const what = `${statusCode} ${/"(?:code|status)":"([a-z-]+)"/.exec(text)?.[1] ?? ''}`.trim();
    outcome.others[what] = (outcome.others[what] ?? 0) + 1;
  }
}

/** `share` 0.5 is the median. */
export const percentile = (ascending: Float64Array, share: number) =>
  ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? Number.NaN;

/** The same of values in any order. */
export const percentileOf = (values: readonly number[], share: number) =>
  percentile(Float64Array.from(values).sort(), share);
