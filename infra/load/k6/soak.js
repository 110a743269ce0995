// The same moderate load for a long time. `src/scenarios/soak.ts` judges whether anything grows that should not.
import { any, byZipf, optionsOf, peak, place, sayUnjudged, stages } from './shop.js';

export { setupByPeak as setup } from './shop.js';

const minutes = Number(__ENV.MINUTES || 10);

export const options = optionsOf(
  stages([
    ['warm-up', peak * 0.3, 60],
    // As in steady.js.
    ['soak', peak * 0.3, minutes * 60, { preAllocatedVUs: Math.ceil(peak * 0.3) }],
  ]),
  {
    // A pause of a minute in an hour is for the machine to explain.
    'dropped_iterations{scenario:soak}': [`count<${20 + 10 * minutes}`],
    'placed_to_terminal{scenario:soak}': ['p(99)<1000'],
    'refused{scenario:soak}': ['rate<0.05'],
  },
);

export const teardown = () => sayUnjudged('whether heap, memory, handles and tables grew');

export default (tokens) => place(byZipf(tokens), { payment: any([...Array(9).fill('tok_approve'), 'tok_decline']) });
