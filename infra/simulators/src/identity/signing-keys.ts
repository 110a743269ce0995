import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';

const algorithm = 'ES256';
const file = 'identity-keys.json';

export interface SigningKey {
  kid: string;
  algorithm: string;
  privateKey: Awaited<ReturnType<typeof importJWK>>;
  /** What the JWKS shows. */
  publicJwk: JWK;
  jwk: JWK;
}

/** The identity provider's keys, newest first; the newest signs, all of them verify. Kept, so that tokens stay valid over a restart. */
export class SigningKeys {
  readonly #dir: string;
  #keys: SigningKey[];
  /** One change at a time, so that the file is never older than what is published. */
  #changing: Promise<unknown> = Promise.resolve();

  private constructor(dir: string, keys: SigningKey[]) {
    this.#dir = dir;
    this.#keys = keys;
  }

  static async open(dir: string): Promise<SigningKeys> {
    const jwks = (await read<JWK[]>(join(dir, file))) ?? [];
    const keys = new SigningKeys(dir, await Promise.all(jwks.map(signingKey)));
    if (jwks.length === 0) await keys.rotate();
    return keys;
  }

  get newest(): SigningKey {
    return this.#keys[0]!;
  }

  get published(): JWK[] {
    return this.#keys.map(({ publicJwk }) => publicJwk);
  }

  /** A new key signs from now on; the old ones go on to verify. @returns its id */
  rotate(): Promise<string> {
    return this.#change(async () => [await newKey(), ...this.#keys]).then(() => this.newest.kid);
  }

  /** What this key signed is void. Another one signs, a new one when there is no other. @returns false for an unknown id */
  async revoke(kid: string): Promise<boolean> {
    let found = false;
    await this.#change(async () => {
      const left = this.#keys.filter((key) => key.kid !== kid);
      found = left.length < this.#keys.length;
      return left.length > 0 ? left : [await newKey()];
    });
    return found;
  }

  #change(next: () => Promise<SigningKey[]>): Promise<void> {
    const change = this.#changing.then(async () => {
      const keys = await next();
      await write(
        this.#dir,
        keys.map(({ jwk }) => jwk),
      );
      this.#keys = keys;
    });
    this.#changing = change.catch(() => undefined);
    return change;
  }
}

async function newKey(): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  return signingKey(await exportJWK(privateKey));
}

async function signingKey(jwk: JWK): Promise<SigningKey> {
  const { d: _secret, ...publicPart } = jwk;
  const kid = await calculateJwkThumbprint(publicPart);
  const publicJwk = { ...publicPart, kid, alg: algorithm, use: 'sig' };
  return { kid, algorithm, privateKey: await importJWK(jwk, algorithm), publicJwk, jwk };
}

async function read<Content>(path: string): Promise<Content | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Content;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Written beside and renamed, so that a crash leaves the keys from before or after, whole. */
async function write(dir: string, jwks: JWK[]): Promise<void> {
  const path = join(dir, file);
  await mkdir(dir, { recursive: true });
  const draft = await open(`${path}.new`, 'w', 0o600);
  await draft.writeFile(JSON.stringify(jwks));
  await draft.sync();
  await draft.close();
  await rename(`${path}.new`, path);
}
