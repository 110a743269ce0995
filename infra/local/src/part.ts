import { type Child, type Exit, until } from '@ringshop/servers';
import { Refused, type SystemEvent } from './options.ts';
import type { PartKind, PartState, PartStatus } from './status.ts';

export interface PartSpec {
  name: string;
  kind: PartKind;
  url: string;
  /** Starts the process; may wait for more than that. */
  start: (env: Record<string, string>) => Promise<Child>;
  /** Whether it takes work now. Throws or answers false when not. */
  probe: () => Promise<boolean>;
  /** Why it ended, in its own words. */
  lastWords: () => Promise<string>;
}

/**
 * One process that belongs to the system, or its absence: down → starting → ready ⇄ degraded → down.
 * It is never started again on its own; a death is told once. Orders to one part run one after the other.
 */
export class Part {
  readonly spec: PartSpec;
  #child: Child | undefined;
  #wasReady = false;
  #stopping = false;
  #orders: Promise<unknown> = Promise.resolve();
  readonly #tell: (event: SystemEvent) => void;
  readonly #ending: AbortSignal;

  /** Once `ending` is aborted it cannot be started, and a start that is under way is given up. */
  constructor(spec: PartSpec, tell: (event: SystemEvent) => void, ending: AbortSignal) {
    this.spec = spec;
    this.#tell = tell;
    this.#ending = ending;
  }

  get name(): string {
    return this.spec.name;
  }

  /** Undefined while it is down. */
  get pid(): number | undefined {
    return this.#child?.exit() ? undefined : this.#child?.pid;
  }

  async status(): Promise<PartStatus> {
    const { name, kind, url } = this.spec;
    return { name, kind, pid: this.pid ?? null, url, state: await this.#state() };
  }

  /** Starts it unless it runs, and waits until it is ready. */
  start(env: Record<string, string> = {}): Promise<void> {
    return this.#inTurn(() => this.#start(env));
  }

  /** Ends it, in an orderly way or at once. False when it was down already. */
  stop({ kill = false } = {}): Promise<boolean> {
    return this.#inTurn(() => this.#stop(kill));
  }

  restart(env: Record<string, string> = {}, { kill = false } = {}): Promise<void> {
    return this.#inTurn(async () => {
      await this.#stop(kill);
      await this.#start(env);
    });
  }

  #inTurn<T>(order: () => Promise<T>): Promise<T> {
    const result = this.#orders.then(order);
    // The next order comes whether this one failed or not; whoever gave it hears of the failure.
    this.#orders = result.catch(() => undefined);
    return result;
  }

  async #start(env: Record<string, string>): Promise<void> {
    if (this.pid !== undefined) return;
    if (this.#ending.aborted) throw new Refused(`${this.name} was not started: the system is stopping`);
    const begun = performance.now();
    this.#wasReady = false;
    this.#stopping = false;
    const child = await this.spec.start(env);
    this.#child = child;
    void child.exited.then((exit) => this.#ended(exit));
    try {
      await until(this.spec.probe, {
        within: 120_000,
        every: 50,
        what: this.name,
        unless: () => (child.exit() ? 'it ended' : this.#ending.aborted ? 'the system is stopping' : undefined),
      });
    } catch (cause) {
      this.#stopping = true;
      await child.stop();
      const why = (await this.spec.lastWords()) || (cause as Error).message;
      throw new Refused(`${this.name} did not start: ${why}`, { cause });
    }
    this.#wasReady = true;
    this.#tell({ kind: 'part', name: this.name, state: 'ready', afterMs: performance.now() - begun });
  }

  async #stop(kill: boolean): Promise<boolean> {
    const child = this.#child;
    if (!child || child.exit()) return false;
    this.#stopping = true;
    if (kill) child.kill();
    await (kill ? child.exited : child.stop());
    this.#tell({ kind: 'part', name: this.name, state: 'stopped' });
    return true;
  }

  async #ended({ code, signal }: Exit): Promise<void> {
    if (this.#stopping || !this.#wasReady) return;
    const words = signal ? '' : await this.spec.lastWords();
    const detail = `${signal ?? `exit code ${code}`}${words && `: ${words}`}`;
    this.#tell({ kind: 'part', name: this.name, state: 'died', detail });
  }

  async #state(): Promise<PartState> {
    if (this.pid === undefined) return 'down';
    const answers = await this.spec.probe().catch(() => false);
    if (this.pid === undefined) return 'down';
    if (answers) return 'ready';
    return this.#wasReady ? 'degraded' : 'starting';
  }
}
