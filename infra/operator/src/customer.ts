import { randomUUID } from 'node:crypto';
import { issueToken } from './identity.ts';
import type { SystemUrls } from './system.ts';

/** The parts of an order, as the gateway answers it, that operators read. */
export interface OrderAnswer {
  orderId: string;
  status: string;
  reason?: string;
  total?: { amount: number; currency: string };
}

export interface TimelineEntry {
  at: string;
  what: string;
  detail: string;
}

export interface Placing {
  lines: { sku: string; quantity: number }[];
  payment: { token: string };
  shipTo: { name: string; address: string };
}

/** Somebody who talks to the gateway like any client, with a token from the identity provider. */
export class Customer {
  readonly id: string;
  readonly #gateway: string;
  readonly #token: string;

  private constructor(id: string, gateway: string, token: string) {
    this.id = id;
    this.#gateway = gateway;
    this.#token = token;
  }

  static async signIn(system: SystemUrls, id: string = randomUUID()): Promise<Customer> {
    return new Customer(id, system.gateway, await issueToken(system, { sub: id }));
  }

  ask(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${this.#token}`, ...init.headers };
    return fetch(new URL(path, this.#gateway), { ...init, headers, signal: AbortSignal.timeout(15_000) });
  }

  cancel(orderId: string, key: string): Promise<Response> {
    return this.ask(`/v1/orders/${orderId}/cancel`, { method: 'POST', headers: { 'idempotency-key': key } });
  }

  /** @param waitSeconds how long the answer may wait for the order to end */
  place(order: Placing, key: string, waitSeconds = 0): Promise<Response> {
    const headers = {
      'content-type': 'application/json',
      'idempotency-key': key,
      ...(waitSeconds > 0 && { prefer: `wait=${waitSeconds}` }),
    };
    return this.ask('/v1/orders', { method: 'POST', headers, body: JSON.stringify(order) });
  }
}
