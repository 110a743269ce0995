import { readFile } from 'node:fs/promises';
import type { Logger } from '../runtime/logger.ts';
import { Periodic } from '../runtime/periodic.ts';
import { KeyRing } from './key-ring.ts';

export interface KeyRingFileOptions {
  ring: KeyRing;
  /** The variable it was configured by, for the log. */
  name: string;
  /** Undefined where the ring came with the environment: then it stays as it is. */
  path: string | undefined;
  everyMs?: number;
  logger: Logger;
}

/**
 * Keeps a ring as its file says, while the service runs: that is how keys are rotated without a restart. The file is read,
 * not looked at: a hundred bytes a second cost nothing, and times of change are coarse. A file that is no ring, or that is
 * not there, leaves the ring as it is and is told once.
 */
export class KeyRingFile {
  readonly #options: KeyRingFileOptions;
  readonly #periodic: Periodic;
  #seen: string | undefined;

  constructor(options: KeyRingFileOptions) {
    this.#options = options;
    const { everyMs = 1_000, logger, name } = options;
    this.#periodic = new Periodic({ everyMs, logger, what: `reading ${name}`, work: () => this.read() });
  }

  start(): void {
    if (this.#options.path !== undefined) this.#periodic.start();
  }

  stop(): Promise<void> {
    return this.#periodic.stop();
  }

  /** Never rejects for what the file says, or for a file that cannot be read. */
  async read(): Promise<void> {
    const { ring, name, path, logger } = this.#options;
    const text = await readFile(path!, 'utf8').catch(() => '');
    if (text === this.#seen) return;
    this.#seen = text;
    const fresh = ringOf(text);
    const odd = fresh && ring.kids.find((kid) => fresh.key(kid)?.equals(ring.key(kid)!) === false);
    if (fresh === undefined || odd !== undefined) {
      // Why it is none is not told: whatever that says about the text could be a piece of a key.
      const why = fresh ? `gives another key to ${odd}` : 'is not there or is no ring of keys';
      return logger.error({ name }, `the file of keys ${why}; the keys known so far stay`);
    }
    const before = ring.kids.join();
    ring.become(fresh);
    if (ring.kids.join() === before) return;
    logger.info({ name, seals: ring.first, opens: ring.kids }, 'the keys have changed');
  }
}

function ringOf(text: string): KeyRing | undefined {
  try {
    return KeyRing.parse(text.trim());
  } catch {
    return undefined;
  }
}
