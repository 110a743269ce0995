/** One outcome that a customer saw: a line of k6/shop.js. */
export interface Sample {
  /** The k6 scenario: a stage of the run, or a kind of customer. */
  stage: string;
  /** Epoch ms at which it began. */
  begunAt: number;
  /**
   * `confirmed`, `rejected:<reason>`, `cancelled`, `accepted` (nobody waited for its end), `unended` (waited for in vain),
   * `refused`, `failed:<status>`, or what was read.
   */
  outcome: string;
  /** Since it was due, or since the POST: as the script measures. */
  ms: number;
  /** Of an order that was acknowledged. */
  orderId?: string;
}

const line = /^@ (\S+) (\d+) (\S+) ([\d.]+) (-|[0-9a-f-]{36})$/;

/** Undefined for a line that k6 says for people. */
export function readSample(text: string): Sample | undefined {
  const found = line.exec(text);
  if (!found) return undefined;
  const [, stage, begunAt, outcome, ms, orderId] = found as unknown as [string, string, string, string, string, string];
  return { stage, begunAt: Number(begunAt), outcome, ms: Number(ms), ...(orderId !== '-' && { orderId }) };
}

export const isEnd = (outcome: string) => /^(confirmed|rejected|cancelled)/.test(outcome);
export const isFailure = (outcome: string) => outcome.startsWith('failed');
