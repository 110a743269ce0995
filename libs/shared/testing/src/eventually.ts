import { until } from '@ringshop/servers';

/**
 * Waits until `condition` answers something truthy and returns it; one that throws (an `expect`, say) counts as "not yet", and its
 * last error is the cause of ours. For a fault that heals, or work that is done in the background; instead of a sleep.
 */
export function eventually<T>(
  condition: () => T | Promise<T>,
  { within = 10_000, every = 20, what = 'the condition' }: { within?: number; every?: number; what?: string } = {},
): Promise<NonNullable<T>> {
  return until(condition, { within, every, what });
}
