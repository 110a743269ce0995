/**
 * The order as a handler of a Restate service: each step's answer is in Restate's journal before the next one begins.
 * Settings come from the environment; see infra/bench/src/peers/restate.ts.
 */
import * as restate from '@restatedev/restate-sdk';
import pg from 'pg';
import { confirmOrder, paymentProvider, releaseStock, reserveStock } from './steps.mjs';

const { DATABASE_URL, PROVIDER_URL, PORT, SESSIONS } = process.env;
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: Number(SESSIONS) });
const payment = paymentProvider(PROVIDER_URL, 256);

const shop = restate.service({
  name: 'shop',
  handlers: {
    placeOrder: async (ctx, order) => {
      const { orderId, token } = order;
      const total = await ctx.run('reserve stock', () => reserveStock(pool, order));
      if (total === null) return 'rejected';
      if (!(await ctx.run('authorise payment', () => payment.authorise(orderId, total, token)))) {
        await ctx.run('release stock', () => releaseStock(pool, orderId));
        return 'rejected';
      }
      await ctx.run('capture payment', () => payment.capture(orderId, total));
      await ctx.run('confirm', () => confirmOrder(pool, orderId));
      return 'confirmed';
    },
  },
  // A finished order's journal serves only an onlooker; its answer is kept for a repeated request.
  options: { journalRetention: 0 },
});

await restate.serve({ services: [shop], port: Number(PORT) });
