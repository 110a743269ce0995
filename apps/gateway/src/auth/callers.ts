import { hash } from 'node:crypto';
import { type KeyRing, Problem } from '@ringshop/service-defaults';
import type { FastifyRequest } from 'fastify';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { Caller } from './caller.ts';

interface Remembered {
  caller: Caller;
  until: number;
}

export interface CallersOptions {
  jwksUrl: string;
  issuer: string;
  audience: string;
  /** Signs what is said about them to the parts behind. */
  ring: KeyRing;
  rememberMs?: number;
  maxRemembered?: number;
}

/** Pinned and asymmetric: with HS256 in this list, everybody who can read the public key could sign. */
const algorithms = ['ES256', 'ES384', 'PS256', 'RS256', 'EdDSA'];
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const bearer = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i;
/** Of jose: the token is bad. Everything else means that the keys could not be had, which is not the caller's fault. */
const badToken = /^ERR_(JWT|JWS|JOSE_ALG|JOSE_NOT_SUPPORTED|JWKS_NO_MATCHING|JWKS_MULTIPLE)/;

/**
 * Who is asking? Only the verified token tells; no header of the request does. A verified token is remembered for at most
 * a minute and never beyond its expiry: a withdrawn signing key counts for that long.
 */
export class Callers {
  readonly #keys: JWTVerifyGetKey;
  readonly #options: CallersOptions;
  readonly #rememberMs: number;
  readonly #remembered: LRUCache<string, Remembered>;

  constructor(options: CallersOptions) {
    this.#options = options;
    this.#rememberMs = options.rememberMs ?? 60_000;
    this.#remembered = new LRUCache({ max: options.maxRemembered ?? 10_000 });
    this.#keys = createRemoteJWKSet(new URL(options.jwksUrl), { cooldownDuration: 5_000, timeoutDuration: 3_000 });
  }

  /** Who sends a token that has been verified already. Without a promise: it is asked of nearly every request. */
  known({ headers }: FastifyRequest): Caller | undefined {
    const [, token] = bearer.exec(headers.authorization ?? '') ?? [];
    return token === undefined ? undefined : this.#recall(keyOf(token));
  }

  /** @throws Problem unauthenticated, or overloaded while the identity provider's keys cannot be had */
  async of(request: FastifyRequest): Promise<Caller> {
    const [, token] = bearer.exec(request.headers.authorization ?? '') ?? [];
    if (token === undefined) throw unauthenticated();
    const key = keyOf(token);
    const known = this.#recall(key);
    if (known) return known;
    const verified = await this.#verify(token);
    this.#remembered.set(key, verified);
    return verified.caller;
  }

  /** @throws Problem forbidden when the token is good but not an operator's */
  async operator(request: FastifyRequest): Promise<Caller> {
    const caller = await this.of(request);
    if (caller.role !== 'operator') throw new Problem('forbidden');
    return caller;
  }

  #recall(key: string): Caller | undefined {
    const known = this.#remembered.get(key);
    return known !== undefined && known.until > Date.now() ? known.caller : undefined;
  }

  async #verify(token: string): Promise<Remembered> {
    const { issuer, audience } = this.#options;
    const payload = await jwtVerify(token, this.#keys, {
      issuer,
      audience,
      algorithms,
      requiredClaims: ['exp', 'sub'],
    }).then(
      (verified) => verified.payload,
      (error: Error) => {
        throw problemOf(error);
      },
    );
    const until = Math.min(Date.now() + this.#rememberMs, (payload.exp ?? 0) * 1_000);
    return { caller: this.#callerOf(payload), until };
  }

  #callerOf({ sub, role }: JWTPayload): Caller {
    const subject = String(sub).toLowerCase();
    if (!uuid.test(subject)) throw unauthenticated();
    return new Caller({ subject, role: role === 'operator' ? 'operator' : 'customer' }, this.#options.ring);
  }
}

/** Not the token itself: what lies in memory should not be usable. */
const keyOf = (token: string) => hash('sha256', token, 'base64');

function problemOf(error: Error): Problem {
  if (error instanceof errors.JOSEError && badToken.test(error.code)) return unauthenticated(error);
  return new Problem('overloaded', { detail: 'Tokens cannot be verified at the moment', cause: error });
}

/** Why a token is refused is not told: it would help whoever is making one up. */
const unauthenticated = (cause?: Error) =>
  new Problem('unauthenticated', { cause, headers: { 'www-authenticate': 'Bearer' } });
