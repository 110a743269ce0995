// Everybody wants the same thing, and there is little of it. `src/scenarios/flash-sale.ts` puts the stock there and counts
// what was sold; by hand: npm run stock -- set SKU-0909 500
import { byZipf, insist, optionsOf, place, sayUnjudged, stages, twoLines } from './shop.js';

export { setup } from './shop.js';

const hot = { sku: __ENV.HOT_SKU || 'SKU-0909', quantity: 1 };

export const options = optionsOf(
  stages([
    ['before', 40, 10, { exec: 'shop' }],
    ['sale', 150, 20, { exec: 'rush', preAllocatedVUs: 800, gracefulStop: '30s' }],
  ]),
  { 'placed_to_terminal{scenario:sale}': ['p(99)<10000'] },
);

export const teardown = () => sayUnjudged('whether what was there was sold, all of it and no more');

export const shop = (tokens) => place(byZipf(tokens));
export const rush = (tokens) => insist(byZipf(tokens), { lines: [hot, twoLines()[0]] });
