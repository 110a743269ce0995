import { eventually } from '@ringshop/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Shop } from './shop.ts';
import { Shoppers } from './shoppers.ts';

/** Kills for each line: a few always, many in the full run (`RINGSHOP_TEST_SIZE=full`). */
const kills = process.env.RINGSHOP_TEST_SIZE === 'full' ? 200 : 3;

/** Where kill -9 strikes, by its named failpoint in the code. */
const places = [
  ['1: after the outbox commit, before the publish', 'order-1', 'outbox.committed'],
  ['2: after the publish, before the outbox row is deleted', 'order-1', 'relay.sent'],
  ['3: after the participant’s commit, before its offset', 'inventory-1', 'consumer.handled'],
  ['3: after the participant’s commit, before its offset', 'payment-1', 'consumer.handled'],
  ['4: before the participant’s commit', 'inventory-1', 'outbox.before-commit'],
  ['4: before the participant’s commit', 'payment-1', 'outbox.before-commit'],
] as const;

describe('kill -9 at named points, under load', () => {
  let shop: Shop;

  beforeAll(async () => {
    const quick = { KAFKA_SESSION_TIMEOUT_MS: '1500' };
    // Far away: a lost message must show as an order that does not end, not be healed by the saga asking again.
    const patient = { ...quick, STEP_DEADLINE_MS: '120000' };
    shop = await Shop.open({ env: { order: patient, inventory: quick, payment: quick } });
  });
  afterAll(() => shop?.close());

  it.each(places)(
    'acceptance %s: %s at %s',
    async (_line, part, failpoint) => {
      const repeated = await shop.repeatedMessages();
      const shoppers = await Shoppers.enter(shop, 24, anyOrder);
      let killed = 0;
      while (killed < kills) {
        // Not always the first time: work of earlier batches should be under way when it strikes.
        await shop.restart(part, { RINGSHOP_FAILPOINTS: `${failpoint}=kill@${1 + (killed % 5)}` });
        await eventually(async () => (await shop.stateOf(part)) === 'down', {
          within: 60_000,
          what: `${part} to be killed at ${failpoint}`,
        });
        killed++;
      }
      await shop.restart(part);
      await shoppers.leave();
      const restarted = performance.now();
      await shop.adds();
      expect(performance.now() - restarted).toBeLessThan(30_000);
      expect(killed).toBe(kills);
      // The proof that it struck between the publish and the deletion: the next process sends the same messages again.
      if (failpoint === 'relay.sent') expect(await shop.repeatedMessages()).toBeGreaterThan(repeated);
    },
    120_000 + kills * 30_000,
  );
});

/** Mostly good orders, some that are refused on the way: compensations are killed, too. */
function anyOrder() {
  const sku = () => `SKU-${String(1 + Math.floor(Math.random() * 50)).padStart(4, '0')}`;
  const lines = [{ sku: sku(), quantity: 1 + Math.floor(Math.random() * 3) }];
  const dice = Math.random();
  if (dice < 0.1) return { lines, token: 'tok_decline' };
  if (dice < 0.2) return { lines: [...lines, { sku: 'SKU-0910', quantity: 1 }] };
  return { lines };
}
