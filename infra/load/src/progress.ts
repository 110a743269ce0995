import { isEnd } from './sample.ts';
import type { Tallies } from './tallies.ts';

/** How the run stands, in one line: what came since the last one, and of which stages. Some go on side by side. */
export function progressLine(seconds: number, tallies: Tallies): string {
  if (tallies.stages.size === 0) return `${seconds} s: tokens are being fetched`;
  const { stages, tally: recent } = tallies.takeRecent();
  if (stages.length === 0) return `${seconds} s: nobody was answered since the last line`;
  const figures = [
    `${recent.count(isEnd)} orders ended`,
    `p99 ${Math.round(recent.ended.percentile(99))} ms`,
    `${recent.count('refused')} refused`,
    ...(recent.count('unended') > 0 ? [`${recent.count('unended')} did not end`] : []),
    ...(recent.failed > 0 ? [`${recent.failed} failed`] : []),
  ];
  return `${seconds} s, ${together.format(stages)}: ${figures.join(', ')}`;
}

const together = new Intl.ListFormat('en-GB');
