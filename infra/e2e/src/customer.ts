import { randomUUID } from 'node:crypto';

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what came over the wire is what the test is about.
  body: any;
}

export interface Placing {
  lines?: unknown;
  token?: string;
  key?: string;
  /** Seconds for `Prefer: wait`; 0 asks for an answer at once. */
  wait?: number;
  body?: Record<string, unknown>;
}

/** A customer with a token, talking to the gateway as a browser would. */
export class Customer {
  constructor(
    readonly id: string,
    readonly token: string,
    private readonly gatewayUrl: string,
    private readonly onAcknowledged: (orderId: string) => void = () => undefined,
  ) {}

  async place({
    lines = [{ sku: 'SKU-0001', quantity: 1 }],
    token = 'tok_approve',
    key = randomUUID(),
    wait = 10,
    body = {},
  }: Placing = {}) {
    const answer = await this.call('POST', '/v1/orders', {
      headers: { 'idempotency-key': key, ...(wait > 0 && { prefer: `wait=${wait}` }) },
      body: { lines, payment: { token }, shipTo: { name: 'Ada Test', address: '1 Loopback Street' }, ...body },
    });
    if (answer.status === 201 || answer.status === 202) this.onAcknowledged(answer.body.orderId);
    return answer;
  }

  cancel(orderId: string, key: string = randomUUID()): Promise<Answer> {
    return this.call('POST', `/v1/orders/${orderId}/cancel`, { headers: { 'idempotency-key': key } });
  }

  get(path: string): Promise<Answer> {
    return this.call('GET', path);
  }

  async call(
    method: string,
    path: string,
    init: { headers?: Record<string, string>; body?: unknown } = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.gatewayUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(init.body !== undefined && { 'content-type': 'application/json' }),
        ...init.headers,
      },
      ...(init.body !== undefined && { body: typeof init.body === 'string' ? init.body : JSON.stringify(init.body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text,
    };
  }
}
