import { mkdir, open, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { System } from '@ringshop/local';
import { processTree, send } from './process-tree.ts';

/** A part that is not up again after so long has a reason that time does not cure. */
const patienceMs = 90_000;

export interface Death {
  name: string;
  detail: string;
}

export interface PartsOptions {
  system: System;
  /** Waits; ends early when the run is given up. */
  pause(ms: number): Promise<void>;
  /** Once true, nothing is started any more. */
  isOver(): boolean;
}

/** The parts of the system under test, as faults handle them. */
export class Parts {
  /** Deaths that no fault is to blame for. */
  readonly unexpected: Death[] = [];
  /** Parts that ended because they had lost a consumer, so that whoever supervises them starts them again. */
  readonly resigned: Death[] = [];
  readonly #armed = new Set<string>();

  constructor(private readonly options: PartsOptions) {}

  get names(): string[] {
    return this.options.system.parts.map(({ name }) => name);
  }

  /** @returns false when it was down already */
  takeDown(name: string, how: { kill: boolean }): Promise<boolean> {
    return this.options.system.stopPart(name, how);
  }

  /** Starts it until it serves, as a supervisor would: what it needs may be broken by another fault at this moment. */
  async bringUp(name: string, env: Record<string, string> = {}): Promise<void> {
    const giveUpAt = performance.now() + patienceMs;
    for (;;) {
      try {
        return await this.options.system.startPart(name, env);
      } catch (error) {
        if (this.options.isOver()) return;
        if (performance.now() > giveUpAt) throw error;
        await this.options.pause(300);
      }
    }
  }

  /** Up again with a failpoint, of which it may die on the way. */
  async restartArmed(name: string, env: Record<string, string>, hasStruck: () => Promise<boolean>): Promise<void> {
    this.#armed.add(name);
    await this.takeDown(name, { kill: false });
    while (!this.options.isOver() && !(await hasStruck())) {
      const up = await this.options.system.startPart(name, env).then(
        () => true,
        () => false, // struck while it started, or what it needs is away: the loop tells which
      );
      if (up) return;
      await this.options.pause(300);
    }
  }

  /** Up again, and without a failpoint. */
  async disarm(name: string): Promise<void> {
    await this.takeDown(name, { kill: true });
    this.#armed.delete(name);
    await this.bringUp(name);
  }

  /** To the process and all that it has started. @returns whether it ran */
  async signal(name: string, signal: NodeJS.Signals): Promise<boolean> {
    const { pid } = this.options.system.part(name);
    if (pid === undefined) return false;
    const sent = (await processTree(pid)).map((each) => send(each, signal));
    return sent[0]!;
  }

  /** A part has ended without an order of ours. Unless a failpoint was to kill it, somebody has to start it again. */
  died(name: string, detail: string): void {
    if (this.#armed.has(name) || this.options.isOver()) return;
    (/exit code 70/.test(detail) ? this.resigned : this.unexpected).push({ name, detail });
    void this.bringUp(name).catch((error: Error) => this.unexpected.push({ name, detail: error.message }));
  }

  /** Everything runs: nothing frozen, nothing down. */
  async heal(): Promise<void> {
    for (const name of this.names) await this.signal(name, 'SIGCONT');
    for (const name of this.names) await this.setClock(name, 0);
    await Promise.all(this.names.map((name) => this.bringUp(name)));
  }

  /** What the part writes from now on. */
  async logFrom(name: string): Promise<() => Promise<string>> {
    const file = join(this.options.system.dir, 'logs', `${name}.log`);
    const { size: from } = await stat(file);
    return () => textFrom(file, from);
  }

  async setClock(name: string, offsetMs: number): Promise<void> {
    const file = clockFileOf(this.options.system.dir, name);
    await mkdir(dirname(file), { recursive: true });
    // In one step: a file that is half written would be another time.
    await writeFile(`${file}.new`, String(offsetMs));
    await rename(`${file}.new`, file);
  }
}

export const clockFileOf = (dir: string, name: string) => join(dir, 'clocks', name);

async function textFrom(path: string, from: number): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const length = Math.min(size - from, 16 << 20);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, from);
    return buffer.toString();
  } finally {
    await file.close();
  }
}
