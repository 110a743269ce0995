import { counter, gauge, type Logger, Problem, sendProblem } from '@ringshop/service-defaults';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayConfig } from '../config.ts';
import { addressOf } from './addresses.ts';
import type { Rate } from './rate.ts';
import { RateLimit } from './rate-limit.ts';
import { SharedCounts } from './shared-counts.ts';
import type { Verdict } from './tariff.ts';

const refusals = counter('gateway_rate_limited_total', 'Requests over a rate limit, by whose', ['limit']);
let watched: SharedCounts | undefined;
gauge('gateway_rate_limits_shared', '1 while Redis counts for all gateways, 0 while each by itself', [], function () {
  this.set(watched?.available ? 1 : 0);
});

type Config = Pick<GatewayConfig, 'REDIS_URL' | 'RATE_LIMIT_PER_CUSTOMER' | 'RATE_LIMIT_PER_ADDRESS'>;

/**
 * How much one customer and one address may ask for. Answers tell, in the fields of
 * draft-ietf-httpapi-ratelimit-headers; one request too many is answered 429, with `Retry-After`.
 */
export class RateLimits {
  readonly #customer: Policy | undefined;
  readonly #address: Policy | undefined;
  readonly #shared: SharedCounts | undefined;

  constructor(config: Config, logger?: Logger) {
    const { REDIS_URL, RATE_LIMIT_PER_CUSTOMER: customer, RATE_LIMIT_PER_ADDRESS: address } = config;
    if (REDIS_URL && (customer || address)) this.#shared = new SharedCounts(REDIS_URL, logger);
    this.#customer = customer && new Policy('customer', customer, this.#shared);
    this.#address = address && new Policy('address', address, this.#shared);
    watched = this.#shared;
  }

  open(): void {
    this.#shared?.open();
  }

  close(): void {
    this.#shared?.close();
  }

  /** @returns whether the request may go on; when it may not, it has been answered */
  address(request: FastifyRequest, reply: FastifyReply): boolean | Promise<boolean> {
    return this.#address?.check(addressOf(request.ip), reply) ?? true;
  }

  customer(customerId: string, reply: FastifyReply): boolean | Promise<boolean> {
    return this.#customer?.check(customerId, reply) ?? true;
  }
}

class Policy {
  readonly #name: string;
  readonly #limit: RateLimit;
  readonly #text: string;

  constructor(name: string, rate: Rate, shared: SharedCounts | undefined) {
    this.#name = name;
    this.#limit = new RateLimit(`rate:${name}:`, rate, shared);
    this.#text = `"${name}";q=${rate.limit};w=${rate.windowSeconds}`;
  }

  check(id: string, reply: FastifyReply): boolean | Promise<boolean> {
    const verdict = this.#limit.take(id);
    return verdict instanceof Promise ? verdict.then((late) => this.#apply(late, reply)) : this.#apply(verdict, reply);
  }

  #apply({ letIn, remaining, seconds }: Verdict, reply: FastifyReply): boolean {
    add(reply, 'ratelimit-policy', this.#text);
    add(reply, 'ratelimit', `"${this.#name}";r=${remaining};t=${seconds}`);
    if (letIn) return true;
    refusals.inc({ limit: this.#name });
    sendProblem(reply, new Problem('rate-limited', { headers: { 'retry-after': String(seconds) } }));
    return false;
  }
}

/** Both limits are told in one field: a list. */
function add(reply: FastifyReply, name: string, item: string): void {
  const before = reply.getHeader(name);
  reply.header(name, before === undefined ? item : `${before}, ${item}`);
}
