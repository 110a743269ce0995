import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';

const algorithm = 'ES256';

export interface SigningKey {
  kid: string;
  algorithm: string;
  privateKey: Awaited<ReturnType<typeof importJWK>>;
  /** What the JWKS shows. */
  publicJwk: JWK;
}

/** The identity provider's key; made once and kept, so that tokens stay valid over a restart. */
export async function signingKey(dataDir: string): Promise<SigningKey> {
  const path = join(dataDir, 'identity-key.json');
  const jwk = (await stored(path)) ?? (await made(path));
  const { d: _secret, ...publicPart } = jwk;
  const kid = await calculateJwkThumbprint(publicPart);
  const publicJwk = { ...publicPart, kid, alg: algorithm, use: 'sig' };
  return { kid, algorithm, privateKey: await importJWK(jwk, algorithm), publicJwk };
}

async function stored(path: string): Promise<JWK | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as JWK;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Written beside and renamed, so that a crash leaves a whole key or none. */
async function made(path: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = await exportJWK(privateKey);
  await mkdir(dirname(path), { recursive: true });
  const file = await open(`${path}.new`, 'w', 0o600);
  await file.writeFile(JSON.stringify(jwk));
  await file.sync();
  await file.close();
  await rename(`${path}.new`, path);
  return jwk;
}
