import { CommandFailed } from '@ringshop/operator';

/** Transactions that a service decided again because a row had moved on: by its fence, or by another writer. */
export const refusedByGuard = 'inventory_fence_refused_total';
export const messagesHandled = 'ringshop_messages_handled_total';

/** What a service has counted so far, over all labels. @throws CommandFailed when it counts no such thing */
export async function countOf(metric: string, serviceUrl: string): Promise<number> {
  const text = await (await fetch(`${serviceUrl}/metrics`)).text();
  // A counter with labels has no value before it counted for the first time.
  if (!text.includes(`# TYPE ${metric} counter`)) throw new CommandFailed(`${serviceUrl} has no metric ${metric}`);
  const values = [...text.matchAll(new RegExp(`^${metric}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))];
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}

export const countsOf = (metric: string, serviceUrls: string[]): Promise<number[]> =>
  Promise.all(serviceUrls.map((url) => countOf(metric, url)));
