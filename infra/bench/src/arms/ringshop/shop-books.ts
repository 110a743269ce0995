import type { StatusJson } from '@ringshop/local';
import { audit, CommandFailed, Database, type SystemUrls, urlsOf } from '@ringshop/operator';
import { databaseOf, databasesOf } from '@ringshop/setup';

const shardsOf = ({ parts }: StatusJson) => [
  ...new Set(parts.filter(({ kind }) => kind === 'order').map(({ name }) => name.replace(/\..*/, ''))),
];

/** Every database of the system: its commits are the sum of theirs. */
export const databasesIn = (status: StatusJson) => databasesOf(shardsOf(status));

/** What the shop's own databases say about the orders that were placed. */
export class ShopBooks {
  readonly #shards: Database[];
  readonly #urls: SystemUrls;

  constructor(status: StatusJson) {
    this.#shards = shardsOf(status).map((shard) => new Database(status.postgres.url, databaseOf(shard)));
    this.#urls = urlsOf(status);
  }

  /** Every saga done: what comes after the answer is part of an order's cost. */
  async untilQuiet(signal: AbortSignal): Promise<void> {
    for (const shard of this.#shards) {
      while ((await shard.rows('SELECT 1 FROM sagas WHERE NOT done LIMIT 1')).length > 0) {
        signal.throwIfAborted();
        await new Promise((next) => setTimeout(next, 20));
      }
    }
  }

  /**
   * The orders that clients saw confirmed, or left undecided, and the audit of everything behind them.
   * @throws CommandFailed
   */
  async check(confirmed: number, undecided: number): Promise<void> {
    const counts = await Promise.all(
      this.#shards.map((shard) =>
        shard.rows<{ n: number }>(`SELECT count(*)::int AS n FROM orders WHERE status = 'confirmed'`),
      ),
    );
    const stored = counts.reduce((sum, [row]) => sum + row!.n, 0);
    if (stored < confirmed || stored > confirmed + undecided)
      throw new CommandFailed(`${confirmed} orders were confirmed, but ${stored} are stored so`);
    const { ok, invariants } = await audit(this.#urls);
    const broken = invariants.filter((invariant) => !invariant.ok);
    const list = broken.map(({ id, violations: [first] }) => `${id} (${first?.subject}: ${first?.problem})`);
    if (!ok) throw new CommandFailed(`the audit found: ${list.join(', ')}`);
  }

  async close(): Promise<void> {
    await Promise.all(this.#shards.map((shard) => shard.close()));
  }
}
