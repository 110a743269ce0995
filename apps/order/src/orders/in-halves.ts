import { isTransient } from '@ringshop/service-defaults';

export interface Failed {
  outcome: 'failed';
  error: unknown;
}

/**
 * Does a batch together. A value that the database refuses must fail its own request only, so a batch that broke is tried
 * again in halves; what may pass fails all of it, since each of them may be asked again.
 */
export async function inHalves<Request, Answer>(
  batch: Request[],
  together: (batch: Request[]) => Promise<Answer[]>,
): Promise<(Answer | Failed)[]> {
  try {
    return await together(batch);
  } catch (error) {
    if (batch.length === 1 || isTransient(error)) return batch.map(() => ({ outcome: 'failed', error }));
  }
  const half = batch.length >> 1;
  return [...(await inHalves(batch.slice(0, half), together)), ...(await inHalves(batch.slice(half), together))];
}
