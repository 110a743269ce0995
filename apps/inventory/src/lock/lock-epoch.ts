import type { Pool } from 'pg';

/** The epoch of fencing tokens: one row in Postgres, so that no failure of Redis can bring an old one back. */
export class LockEpoch {
  constructor(private readonly pool: Pool) {}

  async current(): Promise<number> {
    const { rows } = await this.pool.query<{ epoch: string }>('SELECT epoch FROM lock_epoch');
    return Number(rows[0]!.epoch);
  }

  /**
   * Raises the epoch above `seen` by compare-and-set and answers the one in force:
   * of two replicas that saw the same loss one raises it, and the other takes what it finds.
   */
  async raiseAbove(seen: number): Promise<number> {
    await this.pool.query('UPDATE lock_epoch SET epoch = epoch + 1 WHERE epoch = $1', [seen]);
    return this.current();
  }
}
