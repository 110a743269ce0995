import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';

const keyId = /^[A-Za-z0-9_-]{1,32}$/;
const algorithm = 'aes-256-gcm';

/** Keys by id. The first one seals; all of them open, so a key is rotated by putting the new one in front. */
export class KeyRing {
  #first: string;
  // Imported once: a cipher made from raw bytes imports them again, which costs twice as much as the sealing.
  #keys = new Map<string, KeyObject>();

  constructor(keys: ReadonlyMap<string, Buffer>) {
    const [first] = keys.keys();
    if (first === undefined) throw new Error('a key ring needs a key');
    for (const [kid, key] of keys) {
      if (!keyId.test(kid)) throw new Error('a key id has 1 to 32 letters, digits, _ or -');
      if (key.length !== 32) throw new Error('a key has 32 bytes');
      this.#keys.set(kid, createSecretKey(key));
    }
    this.#first = first;
  }

  get first(): string {
    return this.#first;
  }

  /** The one that seals is the first. */
  get kids(): string[] {
    return [...this.#keys.keys()];
  }

  /** From here on whoever holds this ring has the keys of `other`. */
  become(other: KeyRing): void {
    this.#first = other.#first;
    this.#keys = other.#keys;
  }

  /** `kid1:base64(32 bytes)[,kid2:…]` */
  static parse(text: string): KeyRing {
    const keys = new Map<string, Buffer>();
    for (const entry of text.split(',')) {
      const [kid = '', key = ''] = entry.trim().split(':');
      if (keys.has(kid)) throw new Error('a key id is used twice');
      keys.set(kid, Buffer.from(key, 'base64'));
    }
    return new KeyRing(keys);
  }

  key(kid: string): KeyObject | undefined {
    return this.#keys.get(kid);
  }

  // A ring that is logged or printed by accident shows no key.
  toJSON(): string {
    return '[KeyRing]';
  }
  [inspect.custom](): string {
    return '[KeyRing]';
  }
}

/** The text was altered, belongs to another `aad`, or its key is not in the ring. Says nothing about the content. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

/**
 * AES-256-GCM as `kid.iv.ciphertext.tag` (base64url). `aad` binds it to its place, such as the order's id:
 * moved to another row it no longer opens.
 */
export function seal(ring: KeyRing, plaintext: string | Buffer, aad: string): string {
  return `${ring.first}.${sealWith(ring.key(ring.first)!, plaintext, aad)}`;
}

/** {@link seal} under a single key, which has no name: `iv.ciphertext.tag`. */
export function sealWith(key: KeyObject, plaintext: string | Buffer, aad: string): string {
  const iv = nextIv();
  const cipher = createCipheriv(algorithm, key, iv).setAAD(Buffer.from(aad));
  const bytes = typeof plaintext === 'string' ? Buffer.from(plaintext) : plaintext;
  const text = cipher.update(bytes, undefined, 'base64url') + cipher.final('base64url');
  return `${iv.toString('base64url')}.${text}.${cipher.getAuthTag().toString('base64url')}`;
}

const ivBytes = 12;
let ivs = Buffer.alloc(0);

/** Random and never used twice. Many are drawn at once: a call for twelve bytes costs as much as the sealing. */
function nextIv(): Buffer {
  if (ivs.length === 0) ivs = randomBytes(256 * ivBytes);
  const iv = ivs.subarray(0, ivBytes);
  ivs = ivs.subarray(ivBytes);
  return iv;
}

/** The reverse of {@link seal}. @throws SealBroken */
export function open(ring: KeyRing, sealed: string, aad: string): string {
  return openBytes(ring, sealed, aad).toString();
}

/** {@link open} for what was no text. @throws SealBroken */
export function openBytes(ring: KeyRing, sealed: string, aad: string): Buffer {
  const [kid, rest] = splitKid(sealed);
  const key = ring.key(kid);
  if (key === undefined) throw new SealBroken('sealed with a key that is not in the ring');
  return openWith(key, rest, aad);
}

/** The id of the key that sealed it, and the rest. */
export function splitKid(sealed: string): [kid: string, rest: string] {
  const dot = sealed.indexOf('.');
  return dot < 0 ? ['', ''] : [sealed.slice(0, dot), sealed.slice(dot + 1)];
}

/** The reverse of {@link sealWith}. @throws SealBroken */
export function openWith(key: KeyObject, sealed: string, aad: string): Buffer {
  const [iv = '', text = '', tag = ''] = sealed.split('.');
  try {
    // Without an explicit length GCM would accept a tag cut down to 4 bytes, which is cheap to forge.
    const decipher = createDecipheriv(algorithm, key, Buffer.from(iv, 'base64url'), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(aad)).setAuthTag(Buffer.from(tag, 'base64url'));
    return Buffer.concat([decipher.update(Buffer.from(text, 'base64url')), decipher.final()]);
  } catch (cause) {
    throw new SealBroken('sealed text does not open', { cause });
  }
}
