import { isEnd } from './sample.ts';
import type { Tallies } from './tallies.ts';

/** How the run stands, in one line: what came since the last one. */
export function progressLine(seconds: number, tallies: Tallies): string {
  const stage = [...tallies.stages.keys()].at(-1);
  if (!stage) return `${seconds} s: tokens are being fetched`;
  const recent = tallies.takeRecent();
  const figures = [
    `${recent.count(isEnd)} orders ended`,
    `p99 ${Math.round(recent.ended.percentile(99))} ms`,
    `${recent.count('refused')} refused`,
    ...(recent.count('unended') > 0 ? [`${recent.count('unended')} did not end`] : []),
    ...(recent.failed > 0 ? [`${recent.failed} failed`] : []),
  ];
  return `${seconds} s, ${stage}: ${figures.join(', ')}`;
}
