import { itFollows, type ReplyTable } from '../reply-table.kit.ts';
import { cancelOrderSaga } from './cancel-order.saga.ts';

/** It only goes forward: no refusal, no silence and no second cancellation turns it back. */
const table: ReplyTable = {
  'acting close payment': {
    'payment-closed': 'return-stock | acting return stock | -',
    silence: 'close-payment | acting close payment | -',
  },
  'acting return stock': {
    'stock-returned': '- | completed return stock | cancelled',
    silence: 'return-stock | acting return stock | -',
  },
  'completed return stock': {},
};

const total = { amount: 999, currency: 'EUR' } as const;

itFollows(cancelOrderSaga, {
  table,
  now: Date.parse('2026-01-01T12:00:00Z'),
  data: { total },
  anyReply: { refunded: total },
});
