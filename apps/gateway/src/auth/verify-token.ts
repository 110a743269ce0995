import { type Principal, Problem, type Role } from '@ringshop/service-defaults';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { ProviderKeys } from './provider-keys.ts';

export interface TokenRules {
  issuer: string;
  audience: string;
  /** By how much the provider's clock and ours may differ. */
  leewayMs: number;
}

export interface Verified extends Principal {
  /** The key that signed it. */
  kid: string;
  /** Milliseconds since 1970. */
  until: number;
}

/** Pinned and asymmetric: with HS256 in this list, everybody who can read the public key could sign. */
const algorithms = ['ES256', 'ES384', 'PS256', 'RS256', 'EdDSA'];
/** RFC 9068 and what most providers write. Whatever else a provider signs (log-outs, proofs, events) says so here, or says nothing. */
const types = /^(application\/)?(at\+)?jwt$/i;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Of jose: the token is bad. Everything else means that the keys could not be had, which is not the caller's fault. */
const badToken = /^ERR_(JWT|JWS|JOSE_ALG|JOSE_NOT_SUPPORTED|JWKS_NO_MATCHING|JWKS_MULTIPLE)/;

/** @throws Problem unauthenticated; forbidden for a role that is not known; overloaded while the provider's keys cannot be had */
export async function verifyToken(token: string, keys: ProviderKeys, rules: TokenRules): Promise<Verified> {
  const { issuer, audience, leewayMs } = rules;
  const options = { issuer, audience, algorithms, clockTolerance: leewayMs / 1_000, requiredClaims: ['exp', 'sub'] };
  const { payload, protectedHeader } = await jwtVerify(token, keys.find, options).catch((error: Error) => {
    throw problemOf(error);
  });
  const { typ, kid } = protectedHeader;
  if (typeof typ !== 'string' || !types.test(typ)) throw unauthenticated();
  if (payload.iat !== undefined && payload.iat * 1_000 > Date.now() + leewayMs) throw unauthenticated();
  const subject = String(payload.sub).toLowerCase();
  if (!uuid.test(subject)) throw unauthenticated();
  return { subject, role: roleOf(payload), kid: kid!, until: payload.exp! * 1_000 + leewayMs };
}

/** Nobody guesses what a role means that this shop does not know. None at all is a customer. */
function roleOf({ role }: JWTPayload): Role {
  if (role === undefined || role === 'customer') return 'customer';
  if (role === 'operator') return role;
  throw new Problem('forbidden');
}

function problemOf(error: Error): Problem {
  if (error instanceof errors.JOSEError && badToken.test(error.code)) return unauthenticated(error);
  return new Problem('overloaded', { detail: 'Tokens cannot be verified at the moment', cause: error });
}

/** Why a token is refused is not told: it would help whoever is making one up. */
export const unauthenticated = (cause?: Error) =>
  new Problem('unauthenticated', { cause, headers: { 'www-authenticate': 'Bearer' } });
