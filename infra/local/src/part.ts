import { setTimeout as pause } from 'node:timers/promises';
import type { Child, Exit } from '@ringshop/servers';
import { Refused, type SystemEvent } from './options.ts';
import type { PartKind, PartState, PartStatus } from './status.ts';

export interface PartSpec {
  name: string;
  kind: PartKind;
  url: string;
  /** Starts the process and waits until it is ready; ends it again when `signal` comes first. */
  start: (env: Record<string, string>, signal: AbortSignal) => Promise<Child>;
  /** Whether it takes work now. Throws or answers false when not. */
  probe: () => Promise<boolean>;
  /** Why it ended, in its own words. */
  lastWords: () => Promise<string>;
}

/** With this exit code a service says that it was dead and ended itself, to be started again. */
const deadExitCode = 70;

/**
 * One process that belongs to the system, or its absence: down → starting → ready ⇄ degraded → down.
 * It is started again only when it ended itself for that, as Compose would do it; one that crashed or was killed stays
 * down, so that it is seen. A death is told once. Orders to one part run one after the other.
 */
export class Part {
  readonly spec: PartSpec;
  #child: Child | undefined;
  #starting: AbortController | undefined;
  #stopping = false;
  /** What it was last started with. */
  #env: Record<string, string> = {};
  #restarts = 0;
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
    return { name, kind, pid: this.pid ?? null, url, state: await this.#state(), restarts: this.#restarts };
  }

  /** Starts it unless it runs, and waits until it is ready. */
  start(env: Record<string, string> = {}): Promise<void> {
    return this.#inTurn(() => this.#start(env));
  }

  /** Ends it, in an orderly way or at once. False when it was down already. */
  stop({ kill = false } = {}): Promise<boolean> {
    this.#stopping = true;
    // A start that is under way would hold this order up for as long as it may take.
    this.#starting?.abort();
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
    const giveUp = new AbortController();
    this.#starting = giveUp;
    this.#stopping = false;
    this.#env = env;
    try {
      this.#child = await this.spec.start(env, AbortSignal.any([giveUp.signal, this.#ending]));
    } finally {
      this.#starting = undefined;
    }
    void this.#child.exited.then((exit) => this.#ended(exit));
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
    if (this.#stopping) return;
    const words = signal ? '' : await this.spec.lastWords();
    const detail = `${signal ?? `exit code ${code}`}${words && `: ${words}`}`;
    const state = code === deadExitCode ? 'restarting' : 'died';
    this.#tell({ kind: 'part', name: this.name, state, detail });
    if (state === 'restarting') await this.#startAgain();
  }

  /** As often as it takes: what it cannot start without may be away, too. An order to stop ends it. */
  async #startAgain(): Promise<void> {
    this.#restarts++;
    for (let waitMs = 100; !this.#stopping && !this.#ending.aborted; waitMs = Math.min(2 * waitMs, 10_000)) {
      try {
        return await this.#inTurn(async () => {
          if (!this.#stopping) await this.#start(this.#env);
        });
      } catch (error) {
        if (this.#stopping || this.#ending.aborted) return;
        this.#tell({ kind: 'part', name: this.name, state: 'restarting', detail: (error as Error).message });
        await pause(waitMs, undefined, { signal: this.#ending, ref: false }).catch(() => undefined);
      }
    }
  }

  async #state(): Promise<PartState> {
    if (this.#starting) return 'starting';
    if (this.pid === undefined) return 'down';
    const answers = await this.spec.probe().catch(() => false);
    if (this.pid === undefined) return 'down';
    return answers ? 'ready' : 'degraded';
  }
}
