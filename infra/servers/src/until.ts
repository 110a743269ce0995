import { setTimeout as sleep } from 'node:timers/promises';

export interface Patience {
  /** Milliseconds until it gives up. */
  within: number;
  /** Milliseconds between two looks. */
  every?: number;
  /** Names the wait in the error. */
  what: string;
  /** A reason to give up early, such as a process that has died. */
  unless?: () => string | undefined;
}

/** Waits until `condition` answers something truthy and returns it. A condition that throws counts as "not yet". */
export async function until<T>(
  condition: () => T | Promise<T>,
  { within, every = 25, what, unless }: Patience,
): Promise<NonNullable<T>> {
  const giveUpAt = performance.now() + within;
  let lastError: unknown;
  for (;;) {
    try {
      const seen = await condition();
      if (seen) return seen;
    } catch (error) {
      lastError = error;
    }
    const reason = unless?.();
    if (reason !== undefined) throw new Error(`${what}: ${reason}`, { cause: lastError });
    if (performance.now() > giveUpAt) throw new Error(`${what}: not within ${within} ms`, { cause: lastError });
    await sleep(every);
  }
}
