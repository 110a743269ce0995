import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

interface Batch {
  lines: string;
  written: PromiseWithResolvers<void>;
}

/**
 * An append-only file of JSON lines. What `durable()` was awaited for survives kill -9 and a power cut.
 *
 * Group commit: everything appended while the last fsync was under way shares the next one, so the disk's
 * latency is paid per batch. A write that fails is final: after a failed fsync nobody knows what is on the
 * disk, so it ends the process.
 */
export class Journal<Entry> {
  readonly #file: FileHandle;
  #next: Batch | undefined;
  #current: Batch | undefined;
  #writing: Promise<void> | undefined;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /**
   * Opens the journal and hands each entry to `replay`, oldest first. A last line without its end is what a crash
   * tore: it was never answered for, and is cut off.
   * @throws Error for a broken line anywhere else.
   */
  static async open<Entry>(path: string, replay: (entry: Entry) => void): Promise<Journal<Entry>> {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'a+');
    const content = await file.readFile();
    const end = content.lastIndexOf(0x0a) + 1;
    if (end < content.length) await file.truncate(end);
    const lines = content.toString('utf8', 0, end).split('\n');
    for (const [index, line] of lines.entries()) {
      if (line) replay(parse<Entry>(line, `${path}:${index + 1}`));
    }
    return new Journal<Entry>(file);
  }

  append(entry: Entry): void {
    this.#next ??= { lines: '', written: Promise.withResolvers() };
    this.#next.lines += `${JSON.stringify(entry)}\n`;
    this.#writing ??= this.#writeAll();
  }

  /** Resolves once everything appended so far is on the disk. */
  durable(): Promise<void> {
    return (this.#next ?? this.#current)?.written.promise ?? Promise.resolve();
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  async #writeAll(): Promise<void> {
    // Lets the requests that arrived in the same turn of the event loop share the first write.
    await new Promise(setImmediate);
    while (this.#next) {
      this.#current = this.#next;
      this.#next = undefined;
      try {
        await this.#file.appendFile(this.#current.lines);
        await this.#file.datasync();
        this.#current.written.resolve();
      } catch (cause) {
        this.#current.written.reject(cause);
        // Nobody handles this one on purpose: it ends the process.
        throw cause;
      }
    }
    this.#current = undefined;
    this.#writing = undefined;
  }
}

function parse<Entry>(line: string, where: string): Entry {
  try {
    return JSON.parse(line) as Entry;
  } catch (cause) {
    throw new Error(`${where} is not JSON: the journal is damaged`, { cause });
  }
}
