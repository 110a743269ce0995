import { counter, gauge } from '@ringshop/service-defaults';
import type { Pool } from 'pg';

const inForce = gauge('inventory_lock_epoch', 'Epoch of fencing tokens, as this process last saw it');
const changes = counter('inventory_lock_epoch_changes_total', 'Epochs that this process has raised');

/** The epoch of fencing tokens: one row in Postgres, so that no failure of Redis can bring an old one back. */
export class LockEpoch {
  constructor(private readonly pool: Pool) {}

  /** Redis has handed tokens of this epoch out. */
  seen(epoch: number): void {
    inForce.set(epoch);
  }

  async current(): Promise<number> {
    const { rows } = await this.pool.query<{ epoch: string }>('SELECT epoch FROM lock_epoch');
    const epoch = Number(rows[0]!.epoch);
    this.seen(epoch);
    return epoch;
  }

  /**
   * The epoch for a Redis that had forgotten everything. `memory` is the name of what it remembers since then: of all
   * replicas that see the same loss, at whatever moment, one raises the epoch and the others find it raised.
   */
  async forMemory(memory: string): Promise<number> {
    const raise = 'UPDATE lock_epoch SET epoch = epoch + 1, memory = $1 WHERE memory IS DISTINCT FROM $1';
    return this.#raiseBy(raise, memory);
  }

  /** Above whatever is in force. */
  async raise(): Promise<number> {
    return this.raiseAbove(await this.current());
  }

  /**
   * Raises the epoch above `seen` by compare-and-set and answers the one in force:
   * of two replicas that saw the same loss one raises it, and the other takes what it finds.
   */
  async raiseAbove(seen: number): Promise<number> {
    return this.#raiseBy('UPDATE lock_epoch SET epoch = epoch + 1 WHERE epoch = $1', seen);
  }

  async #raiseBy(update: string, value: unknown): Promise<number> {
    const { rowCount } = await this.pool.query(update, [value]);
    if (rowCount) changes.inc();
    return this.current();
  }
}
