import type { Outbox } from '@ringshop/messaging';
import { counter, histogram, type Logger, RetriableError } from '@ringshop/service-defaults';
import { FenceRefused } from '../lock/fencing.ts';
import type { LockEpoch } from '../lock/lock-epoch.ts';
import { LockBusy, LockUnavailable } from '../lock/redis-lock.ts';
import { type Protection, protectedNow, watchProtection } from './protection.ts';
import { type Scope, StockChange, type StockWritten } from './stock-change.ts';

export type { Protection };

const fenceRefusals = counter('inventory_fence_refused_total', 'Transactions that a stock row refused', ['protection']);
const databaseOnly = counter('inventory_database_only_total', 'Stock transactions without the Redis lock', ['because']);
const rounds = histogram('inventory_lock_rounds', 'Transactions that one batch took', [1, 2, 3, 5, 8, 13, 21]);

const attempts = 10;
/** Rolling back makes the one who was refused later than the one who got on: in step with it, it would never be first. */
const attemptsWithoutLock = 4;

export interface StockGuardOptions {
  outbox: Outbox;
  epoch: LockEpoch;
  protection: Protection;
  logger?: Logger | undefined;
  /** Told of what each transaction has written, once it has committed; not waited for. */
  committed?: ((rows: readonly StockWritten[]) => void) | undefined;
}

/** Work that needs the stock of all its SKUs at once. */
export interface Claim {
  skus: readonly string[];
  /** From this time on (ms since 1970) it moves no stock, and waits for none. */
  until?: number;
}

type Work<C extends Claim> = (change: StockChange, granted: readonly C[]) => Promise<void>;

/** Claims on their way through the lock, in as many rounds as it takes. */
interface Turn<C extends Claim> {
  left: readonly C[];
  work: Work<C>;
  waiter: string;
  /** By the monotonic clock: a lock that kept it waiting for longer than a time to live may be one that nobody holds. */
  stuckAt: number;
}

/**
 * Every change of stock goes through here: lock, one transaction, fence.
 *
 * Oversell is impossible whatever protects the work: what is decided on is either held `FOR UPDATE` until it is written, or
 * written only if it has not changed. While Redis does not answer, the database protects alone. The first such batch raises
 * the epoch, so that whoever still holds a lock of before is refused; when Redis is back its tokens are too small at first,
 * the fence says so, and a further epoch puts it in charge again.
 */
export class StockGuard {
  readonly #options: StockGuardOptions;
  /** Set while this process works without the lock. */
  #databaseEpoch: number | undefined;

  constructor(options: StockGuardOptions) {
    this.#options = options;
    watchProtection(options.protection, options.logger);
    fenceRefusals.inc({ protection: options.protection.by }, 0);
  }

  /** For the readiness probe: what is not as configured, though the service works. */
  readonly note = (): string | undefined => protectedNow(this.#options.protection).why;

  /** Runs `work` in one transaction that may change the stock of `skus`; again, as a whole, when the fence refuses it. */
  async change<T>(skus: readonly string[], work: (change: StockChange) => Promise<T>): Promise<T> {
    let result: T;
    await this.inRounds([{ skus }], async (change) => {
      result = await work(change);
    });
    return result!;
  }

  /**
   * Runs `work` for every claim, in one transaction for all whose stock is free, then one for those of the rest whose stock
   * is free by then, and so on: what others work on keeps no claim waiting that does not want it. A transaction that the
   * fence refuses is done again. When it throws, some of the claims may be done: `work` has to be safe to repeat.
   */
  async inRounds<C extends Claim>(claims: readonly C[], work: Work<C>): Promise<void> {
    const { protection } = this.#options;
    const lock = protection.by === 'redis' ? protection.lock : undefined;
    const stuckAt = () => performance.now() + (protection.by === 'redis' ? protection.ttlMs : 0);
    const turn = { left: claims, work, waiter: lock?.newWaiter() ?? '', stuckAt: stuckAt() };
    let transactions = 0;
    try {
      while (turn.left.length > 0) {
        const done = new Set(await this.#round(turn));
        if (done.size === 0) continue;
        transactions++;
        turn.left = turn.left.filter((claim) => !done.has(claim));
        turn.stuckAt = stuckAt();
      }
    } finally {
      await lock?.leave(turn.waiter);
    }
    rounds.observe(transactions);
  }

  /** @returns the claims that are done now */
  async #round<C extends Claim>(turn: Turn<C>): Promise<readonly C[]> {
    const { protection } = this.#options;
    for (let attempt = 1; attempt <= attempts; attempt++) {
      try {
        if (protection.by === 'redis') return await this.#underLock(turn, protection);
        const reads = protection.by === 'none' && attempt <= attemptsWithoutLock;
        return await this.#byDatabase(turn, reads ? 'reading' : 'rows', 'configured');
      } catch (error) {
        if (!(error instanceof FenceRefused)) throw error;
        fenceRefusals.inc({ protection: protection.by });
      }
    }
    throw new RetriableError(`the fence refused ${attempts} times in a row`);
  }

  async #underLock<C extends Claim>(turn: Turn<C>, protection: Protection & { by: 'redis' }): Promise<readonly C[]> {
    const { lock, ttlMs, whileAway } = protection;
    const { left, waiter, stuckAt } = turn;
    const now = Date.now();
    const isOver = ({ until }: Claim) => until !== undefined && until <= now;
    const groups = left.map((claim) => (isOver(claim) ? [] : claim.skus));
    if (groups.every(({ length }) => length === 0)) return this.#withoutStock(turn, now);
    const ends = left.filter((claim) => !isOver(claim)).map(({ until = Number.POSITIVE_INFINITY }) => until - now);
    const waitMs = Math.max(0, Math.min(stuckAt - performance.now(), ...ends));
    try {
      return await lock.usingFree({ groups, ttlMs, waiter, waitMs }, async (signal, tokens, positions) => {
        this.#databaseEpoch = undefined;
        const granted = positions.map((position) => left[position]!);
        // Not before `now`: a clock that was set back must not bring one to life that was over and got no lock.
        const scope = { skus: [...tokens.keys()], now: new Date(Math.max(now, Date.now())) };
        await this.#transaction(turn, granted, { ...scope, fence: { kind: 'lock', tokens, signal } });
        return granted;
      });
    } catch (error) {
      if (error instanceof LockUnavailable) return this.#byDatabase(turn, 'rows', 'away', whileAway === 'refuse');
      if (!(error instanceof LockBusy)) throw error;
      // Its holder may be dead and Redis' clock set back: the time to live would then end whenever.
      return performance.now() < stuckAt ? [] : this.#byDatabase(turn, 'rows', 'stuck');
    }
  }

  async #withoutStock<C extends Claim>(turn: Turn<C>, now: number): Promise<readonly C[]> {
    await this.#transaction(turn, turn.left, { fence: { kind: 'nothing' }, skus: [], now: new Date(now) });
    return turn.left;
  }

  async #byDatabase<C extends Claim>(
    turn: Turn<C>,
    kind: 'rows' | 'reading',
    because: 'configured' | 'away' | 'stuck',
    refusing = false,
  ): Promise<readonly C[]> {
    const { epoch } = this.#options;
    const skus = [...new Set(turn.left.flatMap((claim) => claim.skus))];
    if (skus.length === 0) return this.#withoutStock(turn, Date.now());
    databaseOnly.inc({ because });
    this.#databaseEpoch ??= await epoch.raise();
    const fence = { kind, epoch: this.#databaseEpoch };
    await this.#transaction(turn, turn.left, { fence, skus, now: new Date(), refusing });
    return turn.left;
  }

  async #transaction<C extends Claim>({ work }: Turn<C>, granted: readonly C[], scope: Scope): Promise<void> {
    const { outbox, committed } = this.#options;
    let written: readonly StockWritten[] = [];
    await outbox.transaction((tx) => {
      const change = new StockChange(tx, scope);
      written = change.written;
      return work(change, granted);
    });
    if (written.length > 0) committed?.(written);
  }
}
