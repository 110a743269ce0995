import type { ArmResult } from '../arm-result.ts';
import { table } from '../report.ts';
import type { PeersResult } from './peers.ts';

/** For a person: how each was set up, and the table. */
export function peersText({ arms, goals }: PeersResult): string {
  return [...arms.map(setUp), table(arms, goals)].join('\n');
}

const setUp = ({ name, title, cell, settings }: ArmResult) => {
  const pace = cell.perSecond === undefined ? `${cell.inFlight} orders in flight` : `${cell.perSecond} orders a second`;
  return [`${name} (${title}), ${pace}`, ...settings.map((line) => `  ${line}`)].join('\n');
};
