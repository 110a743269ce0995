// Ordinary load, while `src/scenarios/rolling-restart.ts` restarts what has more than one replica, one replica after the other:
// nobody may be told of it.
import { ask, byZipf, isAcknowledged, optionsOf, place, requireLauncher, stages, setup as tokens } from './shop.js';

const rate = Number(__ENV.RATE || 40);

export const options = optionsOf(
  stages([
    ['warm-up', rate / 2, 20],
    ['before', rate, 20],
    ['restarts', rate, Number(__ENV.SECONDS || 60)],
  ]),
  // What a replica that was told to stop leaves behind, another one takes up.
  {
    'refused{scenario:restarts}': ['rate==0'],
    'refused_asks{scenario:restarts}': ['rate==0'],
    placed_to_terminal: ['p(99)<3000'],
    unended: ['rate<0.01'],
  },
);

export function setup() {
  requireLauncher('nothing is restarted but by: npm run load -- rolling-restart');
  return tokens();
}

export default function (tokens) {
  const token = byZipf(tokens);
  const placed = place(token);
  if (isAcknowledged(placed)) ask('read', 'GET', placed.headers.Location, token);
}
