/** Doubles from `minMs` to `maxMs`, the upper half of it random, so that those who failed together do not return together. */
export function backoffMs(failures: number, minMs: number, maxMs: number): number {
  const full = Math.min(maxMs, minMs * 2 ** Math.min(failures - 1, 30));
  return full / 2 + (Math.random() * full) / 2;
}
