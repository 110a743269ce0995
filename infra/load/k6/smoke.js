// Half a minute of customers: they browse, place orders of which some are refused, and look at them.
import { any, arrivals, ask, byZipf, isAcknowledged, optionsOf, place, twoLines } from './shop.js';

export { setup } from './shop.js';

export const options = optionsOf(
  { shop: arrivals('shop', 30, 25, { exec: 'shop' }), browse: arrivals('browse', 20, 25, { exec: 'browse' }) },
  {
    placed_to_terminal: ['p(95)<2000'],
    refused: ['rate<0.05'],
    refused_asks: ['rate<0.05'],
    'asked_to_answered{name:products}': ['p(95)<300'],
  },
);

export function shop(tokens) {
  const token = byZipf(tokens);
  const lines = Math.random() < 0.1 ? [twoLines()[0], { sku: 'SKU-0910', quantity: 1 }] : twoLines();
  const payment = any(['tok_approve', 'tok_approve', 'tok_approve', 'tok_approve', 'tok_decline']);
  const placed = place(token, { lines, payment, wait: 5 });
  if (!isAcknowledged(placed)) return;
  const isRight = (r) => r.status === 200 && r.json('orderId') === placed.json('orderId');
  ask('read', 'GET', placed.headers.Location, token, { isRight });
}

export function browse(tokens) {
  const token = byZipf(tokens);
  const isRight = (r) => r.status === 200 && r.json('items').length === 20;
  ask('products', 'GET', '/v1/products?limit=20', token, { isRight, fromDue: true });
  ask('orders', 'GET', '/v1/orders?limit=5', token);
}
