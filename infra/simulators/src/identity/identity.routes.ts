import type { FastifyInstance } from 'fastify';
import { SignJWT } from 'jose';
import type { SigningKeys } from './signing-keys.ts';

const twelveHours = 12 * 60 * 60;
const text = { type: 'string', minLength: 1, maxLength: 255 };
const seconds = { type: 'integer' };

interface TokenRequest {
  sub: string;
  role?: string;
  /** Seconds from now; negative for a token that has expired already. */
  expiresIn?: number;
  /** Seconds from now before which the token is not valid. */
  notBefore?: number;
  audience?: string;
  issuer?: string;
}

const body = {
  type: 'object',
  required: ['sub'],
  additionalProperties: false,
  properties: { sub: text, role: text, expiresIn: seconds, notBefore: seconds, audience: text, issuer: text },
};

/** The identity provider: its public keys, and tokens for whoever asks. For local use only: it asks for no password. */
export function identityRoutes(
  app: FastifyInstance,
  keys: SigningKeys,
  defaults: { issuer: string; audience: string },
) {
  app.get('/.well-known/jwks.json', async () => ({ keys: keys.published }));

  app.post('/identity/keys/rotate', async () => ({ kid: await keys.rotate() }));

  app.delete<{ Params: { kid: string } }>('/identity/keys/:kid', async ({ params }, reply) => {
    const revoked = await keys.revoke(params.kid);
    return reply.code(revoked ? 204 : 404).send(revoked ? undefined : { code: 'not-found' });
  });

  app.post<{ Body: TokenRequest }>('/identity/token', { schema: { body } }, async ({ body: wanted }) => {
    const key = keys.newest;
    const now = Math.floor(Date.now() / 1000);
    const token = new SignJWT(wanted.role ? { role: wanted.role } : {})
      .setProtectedHeader({ alg: key.algorithm, kid: key.kid, typ: 'JWT' })
      .setSubject(wanted.sub)
      .setIssuer(wanted.issuer ?? defaults.issuer)
      .setAudience(wanted.audience ?? defaults.audience)
      .setIssuedAt(now)
      .setExpirationTime(now + (wanted.expiresIn ?? twelveHours));
    if (wanted.notBefore !== undefined) token.setNotBefore(now + wanted.notBefore);
    return { token: await token.sign(key.privateKey) };
  });
}
