/**
 * A Redis lock as it is usually written well: one script, a time to live, compare-and-delete. It mints a token, which is of
 * use only to who checks it. KEYS: the lock, the counter of tokens. ARGV: request, time to live in ms.
 */
export const acquire = `
  if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
  return redis.call('INCR', KEYS[2])`;

/** KEYS: the lock. ARGV: request. */
export const release = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;
