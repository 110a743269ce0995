import { type KeyRing, Problem } from '@ringshop/service-defaults';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { Caller } from './caller.ts';
import type { ProviderKeys } from './provider-keys.ts';
import { type TokenRules, unauthenticated, verifyToken } from './verify-token.ts';

interface Remembered {
  header: string;
  caller: Caller;
  kid: string;
  until: number;
}

export interface CallersOptions extends TokenRules {
  keys: ProviderKeys;
  /** Signs what is said about them to the parts behind. */
  ring: KeyRing;
  maxRemembered?: number;
}

const bearer = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i;
/** Characters at the end of a token: of its signature, so that no two tokens share them. */
const tail = 43;
/** Longer ones are verified each time, so that what is remembered is bounded in bytes too. */
const longestRemembered = 4_096;

/**
 * Who is asking? Only the verified token tells; no header of the request does. A verified token is remembered until it
 * expires or the key that signed it is withdrawn. It is found by its end and then compared as a whole: a third of what a
 * digest of it costs, for every request there is.
 */
export class Callers {
  readonly #options: CallersOptions;
  readonly #keys: ProviderKeys;
  readonly #remembered: LRUCache<string, Remembered>;

  constructor(options: CallersOptions) {
    this.#options = options;
    this.#keys = options.keys;
    this.#remembered = new LRUCache({ max: options.maxRemembered ?? 10_000 });
    this.#keys.onGone = (kids) => this.#forget(kids);
  }

  /** Who sends a token that has been verified already. Without a promise: it is asked of nearly every request. */
  known({ headers: { authorization = '' } }: FastifyRequest): Caller | undefined {
    const known = this.#remembered.get(authorization.slice(-tail));
    if (known === undefined || known.header !== authorization) return undefined;
    const now = Date.now();
    return now < known.until && now < this.#keys.trustedUntil ? known.caller : undefined;
  }

  /** @throws Problem unauthenticated, forbidden, or overloaded while the identity provider's keys cannot be had */
  async of(request: FastifyRequest): Promise<Caller> {
    return this.known(request) ?? this.#meet(request.headers.authorization ?? '');
  }

  /** @throws Problem as {@link of}, and forbidden when the token is good but not an operator's */
  async operator(request: FastifyRequest): Promise<Caller> {
    const caller = await this.of(request);
    if (caller.role !== 'operator') throw new Problem('forbidden');
    return caller;
  }

  async #meet(header: string): Promise<Caller> {
    const [, token] = bearer.exec(header) ?? [];
    if (token === undefined) throw unauthenticated();
    const { generation } = this.#keys;
    const verified = await verifyToken(token, this.#keys, this.#options);
    // A key was withdrawn meanwhile, and it may have been this one's.
    if (this.#keys.generation !== generation) return this.#meet(header);
    const caller = new Caller(verified, this.#options.ring);
    const { kid, until } = verified;
    if (header.length <= longestRemembered) this.#remembered.set(header.slice(-tail), { header, caller, kid, until });
    return caller;
  }

  #forget(kids: ReadonlySet<string>): void {
    for (const [key, { kid }] of [...this.#remembered.entries()]) if (kids.has(kid)) this.#remembered.delete(key);
  }
}
