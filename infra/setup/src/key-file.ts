import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KeyRing } from '@ringshop/service-defaults';
import { replaceFile } from './replace-file.ts';

/**
 * The ring of keys for personal data, in a file of its own below the folder of secrets: shards read it again and again, so
 * that it can change while they run. In a folder of its own, since a container that is given a single file keeps seeing the
 * old one when it is replaced.
 */
export const personalDataKeysIn = (dir: string) => new KeyFile(join(dir, 'secrets', 'personal-data', 'keys'));

/** `kid:key,kid:key`; the first seals. Each change appears as a whole. They are made by one person at a time. */
export class KeyFile {
  constructor(readonly path: string) {}

  /** Writes it where it is missing. @returns whether it was */
  async create(ring = `k1:${newKey()}`): Promise<boolean> {
    const there = await readFile(this.path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (there !== undefined) return false;
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    await this.#write(ring.split(','));
    return true;
  }

  /** The ids of its keys, in their order. */
  async kids(): Promise<string[]> {
    return (await this.#read()).map(kidOf);
  }

  /** Adds a new key at the end, where it opens and does not seal. @returns its id */
  async add(): Promise<string> {
    const entries = await this.#read();
    const kid = `k${Math.max(...entries.map((entry) => numberOf(kidOf(entry)))) + 1}`;
    await this.#write([...entries, `${kid}:${newKey()}`]);
    return kid;
  }

  /** Has a key seal from now on. */
  async putFirst(kid: string): Promise<void> {
    const entries = await this.#read();
    const first = entries.filter((entry) => kidOf(entry) === kid);
    await this.#write([...first, ...entries.filter((entry) => !first.includes(entry))]);
  }

  /** What is sealed under it opens no more. */
  async remove(kid: string): Promise<void> {
    await this.#write((await this.#read()).filter((entry) => kidOf(entry) !== kid));
  }

  /** The whole ring, keys included. */
  async text(): Promise<string> {
    return (await readFile(this.path, 'utf8')).trim();
  }

  async #read(): Promise<string[]> {
    return (await this.text()).split(',');
  }

  async #write(entries: string[]): Promise<void> {
    const ring = entries.join(',');
    // Throws rather than leaving a file that no service can read.
    KeyRing.parse(ring);
    await replaceFile(this.path, `${ring}\n`);
  }
}

const newKey = () => randomBytes(32).toString('base64');
const kidOf = (entry: string) => entry.split(':', 1)[0]!.trim();

/** `k12` → 12: keys are numbered as they are made. */
export const numberOf = (kid: string) => Number(/\d+$/.exec(kid)?.[0] ?? 0);
