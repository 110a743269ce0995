import type { Policy } from './instance.ts';

/**
 * Wait before asking for the n-th time again (n from 1): min doubled up to max, of which the lower half is certain
 * and the upper half is chance, so that sagas which fell silent together do not all ask again together.
 */
export function backoffMs(again: number, policy: Policy): number {
  const { retryMinMs, retryMaxMs, random } = policy;
  const full = Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(again - 1, 30));
  return Math.round(full / 2 + (random() * full) / 2);
}
