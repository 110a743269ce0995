import type { Policy } from './instance.ts';

/**
 * Wait before asking for the n-th time again (n from 1): min doubled up to max, of which the lower half is certain
 * and the upper half is chance, so that sagas which fell silent together do not all ask again together.
 *
 * @param parked has been asked for so long that a person should look: patience doubles on, up to the parked maximum
 */
export function backoffMs(again: number, policy: Policy, parked: boolean): number {
  const { retryMinMs, retryMaxMs, retryParkedMs, random } = policy;
  const maxMs = parked ? Math.max(retryMaxMs, retryParkedMs) : retryMaxMs;
  const full = Math.min(maxMs, retryMinMs * 2 ** Math.min(again - 1, 30));
  return Math.round(full / 2 + (random() * full) / 2);
}
