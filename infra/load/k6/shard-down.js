// Customers of a healthy shard, and of one whose database goes away for a while. `src/scenarios/shard-down.ts` says who is
// whose, takes the database away when `down` begins and gives it back with `after`.
import { arrivals, byZipf, optionsOf, place, requireLauncher, tokensOf } from './shop.js';

const perSecond = Number(__ENV.RATE || 60) / 2;
const both = (stage, seconds, startTime) =>
  ['healthy', 'sick'].map((who) => {
    const name = `${who}-${stage}`;
    return [name, arrivals(name, perSecond, seconds, { startTime, exec: who })];
  });

export const options = optionsOf(
  Object.fromEntries([
    ...both('warm-up', 20, '0s'),
    ...both('before', 40, '20s'),
    ...both('down', 40, '60s'),
    ...both('after', 20, '100s'),
  ]),
  {
    // While their database is away some are failed, and orders do not end: `src/scenarios/shard-down.ts` judges all other times.
    failed: [],
    unended: [],
    'refused{scenario:healthy-down}': ['rate==0'],
    'refused{scenario:healthy-after}': ['rate==0'],
  },
);

export function setup() {
  requireLauncher('which customers are on which shard is known by: npm run load -- shard-down');
  const { HEALTHY, SICK } = __ENV;
  return { healthy: tokensOf(HEALTHY.split(',')), sick: tokensOf(SICK.split(',')) };
}

export const healthy = ({ healthy: tokens }) => place(byZipf(tokens), { wait: 5 });
export const sick = ({ sick: tokens }) => place(byZipf(tokens), { wait: 5 });
