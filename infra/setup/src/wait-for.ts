import { setTimeout as sleep } from 'node:timers/promises';
import { SetupRefused } from './setup-refused.ts';

/** Tries until it works or `withinMs` is over; the last error tells why. Servers may still be starting. */
export async function waitFor<T>(what: string, withinMs: number, attempt: () => Promise<T>): Promise<T> {
  const until = Date.now() + withinMs;
  for (;;) {
    try {
      return await attempt();
    } catch (cause) {
      if (cause instanceof SetupRefused) throw cause;
      if (Date.now() >= until) {
        const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
        throw new SetupRefused(`${what} did not answer within ${withinMs / 1000} s: ${reason}`, { cause });
      }
      await sleep(200);
    }
  }
}
