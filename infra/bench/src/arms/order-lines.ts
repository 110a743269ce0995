import type { Cell } from './arm.ts';

export interface Line {
  sku: string;
  quantity: number;
}

const products = 1_000;
const sku = (number: number) => `SKU-${String(number).padStart(4, '0')}`;
const below = (limit: number) => Math.floor(Math.random() * limit);

export const allSkus = Array.from({ length: products }, (_, index) => sku(index + 1));

/**
 * What an order buys, in every arm: one unit each of two SKUs. Both are hot ones, drawn evenly; where there is only one, the
 * other is any of the rest. In SKU order, so that an arm which locks rows in the order of the lines cannot deadlock.
 */
export function orderLines({ hotSkus }: Pick<Cell, 'hotSkus'>): [Line, Line] {
  const first = 1 + below(hotSkus);
  const among = hotSkus === 1 ? products : hotSkus;
  // Any but the first: what lies at it or beyond moves up by one.
  const drawn = 1 + below(among - 1);
  const second = drawn < first ? drawn : drawn + 1;
  return [Math.min(first, second), Math.max(first, second)].map((number) => ({ sku: sku(number), quantity: 1 })) as [
    Line,
    Line,
  ];
}
