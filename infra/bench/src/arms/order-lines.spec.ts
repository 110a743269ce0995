import { expect, it } from 'vitest';
import { allSkus, orderLines } from './order-lines.ts';

it.each([1, 10, 1_000])(
  'over %i hot SKUs, an order has two different ones, in SKU order, each about as often',
  (hotSkus) => {
    const drawn = new Map<string, number>();
    const orders = 40_000;
    let inOrder = 0;
    for (let order = 0; order < orders; order++) {
      const [first, second] = orderLines({ hotSkus });
      if (first.sku < second.sku) inOrder++;
      for (const { sku } of [first, second]) drawn.set(sku, (drawn.get(sku) ?? 0) + 1);
    }
    expect(inOrder).toBe(orders);
    const hot = allSkus.slice(0, hotSkus);
    const rest = allSkus.slice(hotSkus);
    const counts = hot.map((sku) => drawn.get(sku) ?? 0);
    const each = hotSkus === 1 ? orders : (2 * orders) / hotSkus;
    expect(Math.min(...counts) / each).toBeGreaterThan(0.4);
    expect(Math.max(...counts) / each).toBeLessThan(1.7);
    // With one hot SKU the other line is any of the rest; else nothing but hot ones is bought.
    const cold = rest.filter((sku) => drawn.has(sku)).length;
    expect(cold).toBe(hotSkus === 1 ? 999 : 0);
  },
);
