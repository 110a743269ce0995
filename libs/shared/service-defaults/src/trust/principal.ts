import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { LRUCache } from 'lru-cache';
import { Problem } from '../http/problem.ts';
import { counter } from '../runtime/metrics.ts';
import type { KeyRing } from './key-ring.ts';

export type Role = 'customer' | 'operator';

/** Who is asking, as the gateway found out from a verified token. */
export interface Principal {
  /** The token's subject, a UUID in lower case. */
  subject: string;
  role: Role;
}

/** The one header in which the gateway tells the parts behind it who is asking. */
export const principalHeader = 'x-principal';
/** Never more: a line of a log or a dump of a connection soon says nothing. */
export const principalLifetimeMs = 60_000;
/** The clocks of two machines may differ by this much, and by half a lifetime more: no principal is older than that when it is sent. */
const leewayMs = 30_000;

const reasons = ['missing', 'expired', 'unknown-key', 'forged'] as const;
type Why = (typeof reasons)[number];

const refused = counter(
  'ringshop_principals_refused_total',
  'Requests without a word of the gateway on who is asking, or with one that is not to be believed',
  ['why'],
);

/** `kid.role.subject.until.mac`: HMAC-SHA256 under the first key of the ring. `until` is in milliseconds since 1970. */
export function signPrincipal(ring: KeyRing, { subject, role }: Principal, now = Date.now()): string {
  const text = `${ring.first}.${role}.${subject}.${now + principalLifetimeMs}`;
  return `${text}.${macOf(ring, ring.first, text)!.toString('base64url')}`;
}

/**
 * What the parts behind the gateway believe: only what was signed with a key of the ring, and has not expired. Whoever can
 * reach a shard without that key is nobody. What was verified is remembered, so that a customer's next request costs
 * one look-up.
 */
export class Principals {
  readonly #ring: KeyRing;
  readonly #now: () => number;
  readonly #verified: LRUCache<string, Principal & { until: number }>;

  constructor(ring: KeyRing, { max = 10_000, now = () => Date.now() } = {}) {
    this.#ring = ring;
    this.#now = now;
    this.#verified = new LRUCache({ max });
    for (const why of reasons) refused.inc({ why }, 0);
  }

  /** @throws Problem unauthenticated */
  of({ headers }: { headers: IncomingHttpHeaders }): Principal {
    const said = headers[principalHeader];
    if (typeof said !== 'string') return this.#refuse('missing');
    const principal = this.#verified.get(said) ?? this.#verify(said);
    if (principal.until + leewayMs <= this.#now()) this.#refuse('expired');
    return principal;
  }

  /** @throws Problem unauthenticated, or forbidden where it is no operator */
  operator(request: { headers: IncomingHttpHeaders }): Principal {
    const principal = this.of(request);
    if (principal.role !== 'operator') throw new Problem('forbidden');
    return principal;
  }

  #verify(said: string): Principal & { until: number } {
    const end = said.lastIndexOf('.');
    const text = said.slice(0, end);
    const [kid = '', role, subject = '', until] = text.split('.');
    const mac = macOf(this.#ring, kid, text);
    if (mac === undefined) return this.#refuse('unknown-key');
    const given = Buffer.from(said.slice(end + 1), 'base64url');
    if (given.length !== mac.length || !timingSafeEqual(given, mac)) return this.#refuse('forged');
    const principal = { subject, role: role as Role, until: Number(until) };
    this.#verified.set(said, principal);
    return principal;
  }

  #refuse(why: Why): never {
    refused.inc({ why });
    throw new Problem('unauthenticated');
  }
}

/** Undefined for a key that is not in the ring. The prefix keeps this apart from whatever else is signed with the key one day. */
const macOf = (ring: KeyRing, kid: string, text: string): Buffer | undefined => {
  const key = ring.key(kid);
  return key && createHmac('sha256', key).update(`ringshop principal ${text}`).digest();
};
