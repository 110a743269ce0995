// What a shop does all day: most people look, some buy, a few change their mind, and those who wait follow their order
// by server-sent events or by asking again and again.
import { arrivals, ask, askUntilEnded, byZipf, dueAt, isAcknowledged, note, optionsOf, place, uuid } from './shop.js';

export { setup } from './shop.js';

const warmUp = 15;
const all = (exec, perSecond) => arrivals(exec, perSecond, 60, { exec, startTime: `${warmUp}s` });

export const options = optionsOf(
  {
    'warm-up': arrivals('warm-up', 20, warmUp, { exec: 'buy' }),
    browse: all('browse', 60),
    buy: all('buy', 40),
    cancel: all('cancel', 10),
    follow: all('follow', 10),
    poll: all('poll', 10),
  },
  {
    'placed_to_terminal{scenario:buy}': ['p(99)<1500'],
    'placed_to_terminal{scenario:follow}': ['p(99)<2000'],
    'placed_to_terminal{scenario:cancel}': ['p(99)<3000'],
    'asked_to_answered{name:products}': ['p(95)<300'],
    refused: ['rate<0.05'],
    refused_asks: ['rate<0.05'],
  },
);

export function browse(tokens) {
  const token = byZipf(tokens);
  ask('products', 'GET', '/v1/products?limit=20', token, { fromDue: true });
  if (Math.random() < 0.3) ask('orders', 'GET', '/v1/orders?limit=5', token);
}

export function buy(tokens) {
  const token = byZipf(tokens);
  const placed = place(token);
  if (isAcknowledged(placed)) ask('read', 'GET', placed.headers.Location, token);
}

/** Cancels at once: the order may be anywhere between pending and confirmed, and ends cancelled all the same. */
export function cancel(tokens) {
  const token = byZipf(tokens);
  const due = dueAt();
  const placed = place(token, { wait: 0 });
  if (!isAcknowledged(placed)) return;
  const isRight = ({ status }) => status === 200 || status === 202;
  const headers = { 'idempotency-key': uuid() };
  ask('cancel', 'POST', `${placed.headers.Location}/cancel`, token, { isRight, headers });
  const isEnd = (outcome) => outcome === 'cancelled';
  noteEnd(due, askUntilEnded(placed.headers.Location, token, { untilMs: untilMs(), isEnd }));
}

/** The stream ends with the order. */
export function follow(tokens) {
  const token = byZipf(tokens);
  const due = dueAt();
  const placed = place(token, { wait: 0 });
  if (!isAcknowledged(placed)) return;
  const hasEnded = ({ status, body }) => status === 200 && /"status":"confirmed"/.test(body);
  const stream = ask('events', 'GET', `${placed.headers.Location}/events`, token, { isRight: hasEnded });
  noteEnd(due, hasEnded(stream) ? 'confirmed' : undefined);
}

export function poll(tokens) {
  const token = byZipf(tokens);
  const due = dueAt();
  const placed = place(token, { wait: 0 });
  if (isAcknowledged(placed)) noteEnd(due, askUntilEnded(placed.headers.Location, token, { untilMs: untilMs() }));
}

const untilMs = () => Date.now() + 10_000;
const noteEnd = (due, status) => note(due, status || 'failed:no-end', Date.now() - due);
