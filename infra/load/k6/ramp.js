// More and more, a quarter on top each time, to find how much can be completed. `npm run load` ends it when more is of no use.
import { byZipf, optionsOf, place, sayUnjudged, stages } from './shop.js';

export { setup } from './shop.js';

const steps = Array.from({ length: 16 }, (_, n) => Math.round(100 * 1.25 ** n));

export const options = optionsOf(stages([['warm-up', 100, 20], ...steps.map((rate) => [`at-${rate}`, rate, 8])]), {
  // Beyond the peak the generator, too, is short of the machine's time.
  dropped_iterations: [],
});

export const teardown = () => sayUnjudged('how many orders a second could be completed');

export default (tokens) => place(byZipf(tokens));
