import type { Random } from '../random.ts';

/** What an order is bought with and for; how it may end follows from it. */
export type OrderKind = 'plain' | 'hot' | 'scarce' | 'sold-out' | 'unknown-sku' | 'price-changed' | 'large';

export interface Drawn {
  kind: OrderKind;
  token: Token;
  body: {
    lines: { sku: string; quantity: number }[];
    payment: { token: string };
    shipTo: { name: string; address: string };
    expectedTotal?: { amount: number; currency: string };
  };
}

const kinds: Record<OrderKind, number> = {
  plain: 56,
  hot: 20,
  scarce: 8,
  'sold-out': 5,
  'unknown-sku': 4,
  'price-changed': 4,
  large: 3,
};

/** The provider's test tokens (docs/http-api.md, docs/payment.md). */
const tokens = {
  tok_approve: 78,
  tok_decline: 5,
  tok_insufficient_funds: 3,
  tok_flaky: 3,
  tok_capture_fails_10: 2,
  tok_slow: 2,
  tok_timeout_charged: 1.5,
  tok_timeout_uncharged: 1.5,
  tok_capture_never: 1,
  tok_500: 0.5,
  tok_429: 0.5,
  tok_hang: 0.5,
  tok_reset_charged: 0.5,
  tok_reset_uncharged: 0.5,
  tok_answers_twice: 0.5,
};
export type Token = keyof typeof tokens;

export const orderKinds = Object.keys(kinds);
export const tokenNames = Object.keys(tokens);

/** `mayPark` leaves out the token whose capture never works: such an order is retried until it is parked, which takes a minute. */
export function drawOrder(random: Random, mayPark: boolean): Drawn {
  const kind = random.weighted(kinds);
  const drawn = random.weighted(tokens);
  const token = drawn === 'tok_capture_never' && !mayPark ? 'tok_approve' : drawn;
  const suffix = random.chance(0.3) ? `.x${random.whole(1, 99)}` : '';
  const lines = linesOf(kind, random);
  return {
    kind,
    token,
    body: {
      lines,
      payment: { token: token + suffix },
      shipTo: { name: 'Ada Storm', address: '1 Loopback Street' },
      // No order costs a cent.
      ...(kind === 'price-changed' && { expectedTotal: { amount: 1, currency: 'EUR' } }),
    },
  };
}

const sku = (n: number) => `SKU-${String(n).padStart(4, '0')}`;

function linesOf(kind: OrderKind, random: Random): Drawn['body']['lines'] {
  const ordinary = () => sku(random.zipf(890));
  const quantity = () => random.whole(1, 3);
  const some = (count: number, from: () => string) =>
    [...new Set(Array.from({ length: count }, from))].map((each) => ({ sku: each, quantity: quantity() }));
  switch (kind) {
    case 'hot':
      return some(random.whole(3, 5), () => sku(random.whole(1, 10)));
    case 'scarce':
      return [...some(1, () => sku(random.whole(900, 909))), ...some(random.whole(0, 2), ordinary)];
    case 'sold-out':
      return [...some(1, ordinary), { sku: sku(random.whole(910, 919)), quantity: 1 }];
    case 'unknown-sku':
      return [...some(1, ordinary), { sku: `SKU-NEVER-${random.whole(1, 999)}`, quantity: 1 }];
    case 'large':
      return some(20, ordinary);
    default:
      return some(random.whole(1, 3), ordinary);
  }
}
