import { Redis } from 'ioredis';
import { numberIn, type Strike } from './fault.ts';

/** FLUSHALL: every lock, token and cached product is gone. Counts when there was anything to lose. */
export const flush: Strike = async ({ redisUrl, pause }, { parameters }) => {
  const redis = new Redis(redisUrl, { lazyConnect: true, maxRetriesPerRequest: 1, retryStrategy: () => 200 });
  // Redis may be away by another fault; the command that fails says so.
  redis.on('error', () => undefined);
  let lost = 0;
  try {
    for (let time = 0; time < numberIn(parameters, 'times'); time++) {
      if (time > 0) await pause(500);
      if ((await redis.dbsize()) > 0) lost++;
      await redis.flushall();
    }
  } catch {
    // It never fired then, and is counted so.
  } finally {
    redis.disconnect();
  }
  return { heal: async () => undefined, felt: () => lost };
};
