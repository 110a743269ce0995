import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { CommandFailed } from '@ringshop/operator';
import type { Outcome, Work } from './arm.ts';
import type { FromWorker, ToWorker } from './worker.ts';

/** An arm's program as a process of its own, so that its CPU can be counted: it stays, with its compiler warm. */
export class WorkerProcess {
  readonly #process: ChildProcess;
  readonly #name: string;

  private constructor(name: string, process: ChildProcess) {
    this.#name = name;
    this.#process = process;
  }

  /** @param program calls `serveWork`. Resolves when it is ready. */
  static async start(name: string, program: URL, args: string[], env: Record<string, string> = {}) {
    // Its heap is what the services have.
    const execArgv = ['--enable-source-maps', '--max-semi-space-size=32'];
    const worker = new WorkerProcess(name, fork(program, args, { execArgv, env: { ...process.env, ...env } }));
    await worker.#next();
    return worker;
  }

  get pid(): number {
    return this.#process.pid!;
  }

  async run(work: Work): Promise<Outcome> {
    const answered = this.#next();
    this.#tell({ work });
    const message = await answered;
    if (message === 'ready') throw new Error(`${this.#name} is ready a second time`);
    return message.outcome;
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#tell('end');
    // One that does not listen any more is ended: nothing of it is needed.
    const late = setTimeout(() => this.#process.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(late);
  }

  #tell(message: ToWorker): void {
    this.#process.send(message);
  }

  async #next(): Promise<FromWorker> {
    const over = new AbortController();
    const ended = once(this.#process, 'exit', { signal: over.signal }).then(([code, signal]) => {
      throw new CommandFailed(`${this.#name} ended by itself (${signal ?? code}); what it said is above`);
    });
    try {
      const [message] = await Promise.race([once(this.#process, 'message', { signal: over.signal }), ended]);
      return message as FromWorker;
    } finally {
      over.abort();
      ended.catch(() => undefined);
    }
  }
}
