// From 70 % of the peak to ten times of it and back, with a provider that does 100 authorisations a second: so the peak is
// known, and the machine is not spent on the generator. `src/scenarios/overload.ts` judges.
import { byZipf, isLaunched, optionsOf, place, sayUnjudged, setFaults, stages, setup as tokens } from './shop.js';

const peak = Number(__ENV.PROVIDER_PER_SECOND || 100);

export const options = optionsOf(
  stages([
    ['warm-up', 0.5 * peak, 10],
    ['calm', 0.7 * peak, 20],
    ['x1', peak, 20],
    ['x2', 2 * peak, 15],
    ['x5', 5 * peak, 15],
    ['x10', 10 * peak, 30],
    ['recovery', 0.7 * peak, 30],
    ['after', 0.7 * peak, 10],
  ]),
  { dropped_iterations: ['count<1500'] },
);

// `npm run load` holds the provider up itself, and lets go of it however k6 ends.
export function setup() {
  if (!isLaunched()) setFaults({ authorisationsPerSecond: peak });
  return tokens();
}

export function teardown() {
  if (!isLaunched()) setFaults({});
  sayUnjudged('what was completed at ten times the peak, how long that took, and how fast the others were refused');
}

// At ten times the load the generator is short of the machine's time and drops some, so that nobody knows the others' turns.
export default (tokens) => place(byZipf(tokens), { fromDue: false });
