// A minute at 70 % of what can be completed: how long orders take when there is some room, as there should be.
import { byZipf, optionsOf, peak, place, stages } from './shop.js';

export { setupByPeak as setup } from './shop.js';

export const options = optionsOf(
  stages([
    ['warm-up', peak * 0.35, 20],
    // All of them, also where they are more than `arrivals` takes.
    ['steady', peak * 0.7, 60, { preAllocatedVUs: Math.ceil(peak * 0.7) }],
  ]),
  {
    // While a system is cold a second's worth of customers may all wait. That is what the warm-up is for.
    'dropped_iterations{scenario:steady}': ['count<20'],
    'placed_to_terminal{scenario:steady}': ['p(50)<250', 'p(99)<1000'],
    'refused{scenario:steady}': ['rate<0.05'],
  },
);

export default (tokens) => place(byZipf(tokens));
