/** What a service has counted so far, by its /metrics, over all labels; 0 for what it never counted. */
export async function counted(serviceUrl: string, metric: string): Promise<number> {
  const text = await (await fetch(`${serviceUrl}/metrics`)).text();
  const values = [...text.matchAll(new RegExp(`^${metric}(?:{.*})? (.+)$`, 'gm'))];
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}
