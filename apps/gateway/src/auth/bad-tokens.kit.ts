import { createHmac, randomUUID, type webcrypto } from 'node:crypto';
import { exportSPKI, generateKeyPair, importJWK } from 'jose';
import { goodClaims, type identityProvider, now } from '../spec/peers.ts';

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

type Provider = Awaited<ReturnType<typeof identityProvider>>;

/** Every way in which a token for `sub` can be no good, by name: made up, stolen from elsewhere, too old, too new, for another purpose. */
export const badTokens: Record<string, (idp: Provider, sub: string) => Promise<string> | string> = {
  'no JWT at all': () => 'abc',
  garbage: () => `${encoded('garbage')}.${encoded([1])}.AAAA`,
  'unsigned (alg none)': (_idp, sub) => `${encoded({ alg: 'none' })}.${encoded(goodClaims(sub))}.`,
  'unsigned with a signature of nothing': (_idp, sub) =>
    `${encoded({ alg: 'none', kid: 'k1', typ: 'JWT' })}.${encoded(goodClaims(sub))}.AA`,
  'HS256 signed with the public key': async (idp, sub) => {
    const publicKey = (await importJWK(idp.publicJwk, 'ES256', { extractable: true })) as webcrypto.CryptoKey;
    const signed = `${encoded({ alg: 'HS256', kid: 'k1', typ: 'JWT' })}.${encoded(goodClaims(sub))}`;
    return `${signed}.${createHmac('sha256', await exportSPKI(publicKey))
      .update(signed)
      .digest('base64url')}`;
  },
  'signed by another key of the same name': async (idp, sub) =>
    idp.token(sub, {}, { key: (await generateKeyPair('ES256')).privateKey }),
  'signed by a key that its own header brings along': async (idp, sub) => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await crypto.subtle.exportKey('jwk', publicKey as webcrypto.CryptoKey);
    return idp.token(sub, {}, { key: privateKey, kid: 'mine', jwk: jwk as never, jku: 'http://127.0.0.1:1/jwks' });
  },
  'signed by another algorithm': async (idp, sub) =>
    idp.token(sub, {}, { key: (await generateKeyPair('RS256')).privateKey, alg: 'RS256' }),
  'signed by a published key, but by an algorithm that is not pinned': (idp, sub) =>
    idp.token(sub, {}, { key: idp.unpinned, alg: 'ES512', kid: 'k2' }),
  'of a key that is not published': (idp, sub) => idp.token(sub, {}, { kid: randomUUID() }),
  'that names no key': (idp, sub) => idp.token(sub, {}, { kid: undefined }),
  'with altered claims': async (idp, sub) => {
    const [header, , signature] = (await idp.token(sub)).split('.');
    return `${header}.${encoded({ ...goodClaims(sub), role: 'operator' })}.${signature}`;
  },
  'without a typ': (idp, sub) => idp.token(sub, {}, { typ: undefined }),
  'for logging somebody out': (idp, sub) => idp.token(sub, {}, { typ: 'logout+jwt' }),
  'that is a proof of possession': (idp, sub) => idp.token(sub, {}, { typ: 'application/dpop+jwt' }),
  expired: (idp, sub) => idp.token(sub, { exp: now() - 10 }),
  'without an expiry': (idp, sub) => idp.token(sub, { exp: undefined }),
  'not yet valid': (idp, sub) => idp.token(sub, { nbf: now() + 60 }),
  'issued in the future': (idp, sub) => idp.token(sub, { iat: now() + 60 }),
  'for another audience': (idp, sub) => idp.token(sub, { aud: 'other' }),
  'without an audience': (idp, sub) => idp.token(sub, { aud: undefined }),
  'of another issuer': (idp, sub) => idp.token(sub, { iss: 'http://evil' }),
  'without a subject': (idp) => idp.token('', { sub: undefined }),
  'with a subject that is no customer id': (idp) => idp.token('1 OR 1=1'),
};
