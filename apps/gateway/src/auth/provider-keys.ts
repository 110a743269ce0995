import { isDeepStrictEqual } from 'node:util';
import { type Logger, Periodic, RetriableError } from '@ringshop/service-defaults';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

export interface ProviderKeysOptions {
  jwksUrl: string;
  /** A key that the provider withdraws is refused after this at the latest, as long as the provider answers. */
  maxAgeMs: number;
  /** At most one reading in this time is done because a token names a key that is not known. */
  cooldownMs: number;
  /** For how long the keys that are known are believed while the provider does not answer. */
  staleMs: number;
  logger: Logger;
}

type Keys = Map<string, JSONWebKeySet['keys'][number]>;

const timeoutMs = 3_000;
const readingsPerAge = 3;

/**
 * The public keys of the identity provider. Read again and again in the background, three times in `maxAgeMs`, so that one
 * reading may fail; and at once when a token names an unknown key, but at a bounded rate: names are free to make up.
 * jose's own remote set does neither: it forgets no key before it is asked about another one, believes nothing once the
 * provider is away, and then asks it anew for every token.
 */
export class ProviderKeys {
  /** Milliseconds since 1970. After it nothing that these keys signed is to be believed. */
  trustedUntil = 0;
  /** Changes when a key is withdrawn or replaced. */
  generation = 0;
  /** Told the ids of keys that are no longer there, or no longer the same. */
  onGone: (kids: ReadonlySet<string>) => void = () => undefined;
  readonly #options: ProviderKeysOptions;
  readonly #background: Periodic;
  readonly #stopped = new AbortController();
  #keys: Keys = new Map();
  #find: JWTVerifyGetKey = () => Promise.reject(new errors.JWKSNoMatchingKey());
  #reading: Promise<void> | undefined;
  #askAgainAt = 0;
  /** Why the last reading failed. */
  #away: Error | undefined;

  constructor(options: ProviderKeysOptions) {
    this.#options = options;
    this.#background = new Periodic({
      everyMs: options.maxAgeMs / readingsPerAge,
      work: () => this.#read().catch((error) => this.#stopped.signal.aborted || Promise.reject(error)),
      what: "reading the identity provider's keys",
      logger: options.logger,
    });
  }

  start(): void {
    this.#background.start();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#background.stop();
  }

  /** For jose: the key that a token names. Rejects with an error that is none of jose's when the keys cannot be had. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    // Without a name nobody could tell later whether the key that signed it has been withdrawn.
    if (typeof header.kid !== 'string') throw new errors.JWKSNoMatchingKey();
    const trusted = Date.now() < this.trustedUntil;
    if (!trusted || !this.#keys.has(header.kid)) await this.#ask();
    if (Date.now() >= this.trustedUntil) throw this.#away ?? new Error("the identity provider's keys are not known");
    if (this.#away && !this.#keys.has(header.kid)) throw this.#away;
    return this.#find(header, token);
  };

  /** A reading because of a token. */
  async #ask(): Promise<void> {
    if (this.#reading === undefined) {
      if (Date.now() < this.#askAgainAt) return;
      this.#askAgainAt = Date.now() + this.#options.cooldownMs;
    }
    await this.#read().catch(() => undefined);
  }

  #read(): Promise<void> {
    this.#reading ??= this.#load().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #load(): Promise<void> {
    try {
      const set = await this.#fetch();
      this.#find = createLocalJWKSet(set);
      this.trustedUntil = Date.now() + this.#options.staleMs;
      this.#replace(new Map(set.keys.map((key) => [String(key.kid), key])));
      this.#away = undefined;
    } catch (cause) {
      this.#away = new RetriableError("the identity provider's keys cannot be read", { cause });
      throw this.#away;
    }
  }

  async #fetch(): Promise<JSONWebKeySet> {
    const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), this.#stopped.signal]);
    const response = await fetch(this.#options.jwksUrl, { signal, redirect: 'error' });
    if (response.status !== 200) throw new Error(`the identity provider answered ${response.status}`);
    return (await response.json()) as JSONWebKeySet;
  }

  #replace(keys: Keys): void {
    const gone = [...this.#keys].filter(([kid, key]) => !isDeepStrictEqual(keys.get(kid), key)).map(([kid]) => kid);
    this.#keys = keys;
    if (gone.length === 0) return;
    this.generation++;
    this.onGone(new Set(gone));
  }
}
