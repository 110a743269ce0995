/**
 * A fencing token is the pair (epoch, n), compared as a pair. Whoever took a lock later has the greater token,
 * and a row takes no write whose token is not greater than the last one it saw.
 *
 * `n` counts inside Redis and can be lost with it. `epoch` lives in Postgres and only rises,
 * so tokens stay ordered when Redis is flushed, replaced, or rolled back in time.
 */
export interface FencingToken {
  epoch: number;
  n: number;
}

/** One token for each name that was locked. */
export type FencingTokens = ReadonlyMap<string, FencingToken>;

/** A row has seen this writer's token, or a greater one. The transaction must be rolled back. */
export class FenceRefused extends Error {
  override name = 'FenceRefused';
}
