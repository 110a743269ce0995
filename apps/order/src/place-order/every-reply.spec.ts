import { itFollows, type ReplyTable } from '../reply-table.kit.ts';
import { placeOrderSaga } from './place-order.saga.ts';

const table: ReplyTable = {
  'acting reserve stock': {
    'stock-reserved': 'authorise-payment | acting authorise payment | -',
    'out-of-stock': '- | compensated reserve stock | rejected',
    'unknown-sku': '- | compensated reserve stock | rejected',
    'price-changed': '- | compensated reserve stock | rejected',
    'stock-unavailable': '- | compensated reserve stock | rejected',
    'reservation-refused': '- | compensated reserve stock | rejected',
    silence: 'release-stock | compensating reserve stock | -',
    'call-off': 'release-stock | compensating reserve stock | -',
  },
  'acting authorise payment': {
    'payment-authorised': 'commit-stock | acting commit stock | confirmed',
    'payment-declined': 'release-stock | compensating reserve stock | -',
    'payment-refused': 'release-stock | compensating reserve stock | -',
    silence: 'void-payment | compensating authorise payment | -',
    'call-off': 'void-payment | compensating authorise payment | -',
  },
  'acting commit stock': {
    'stock-committed': 'capture-payment | acting capture payment | -',
    'reservation-gone': 'void-payment | undoing authorise payment | -',
    'commit-refused': 'capture-payment | acting capture payment | -',
    silence: 'commit-stock | acting commit stock | -',
  },
  'acting capture payment': {
    'payment-captured': '- | completed capture payment | -',
    'capture-refused': '- | completed capture payment | -',
    silence: 'capture-payment | acting capture payment | -',
  },
  'compensating authorise payment': {
    'payment-voided': 'release-stock | compensating reserve stock | -',
    silence: 'void-payment | compensating authorise payment | -',
    'call-off': '- | compensating authorise payment | -',
  },
  'compensating reserve stock': {
    'stock-released': '- | compensated reserve stock | rejected',
    'payment-authorised': 'void-payment | compensating reserve stock | -',
    silence: 'release-stock | compensating reserve stock | -',
    'call-off': '- | compensating reserve stock | -',
  },
  'undoing authorise payment': {
    'payment-voided': 'release-stock | undoing reserve stock | -',
    silence: 'void-payment | undoing authorise payment | -',
  },
  'undoing reserve stock': {
    'stock-released': '- | undone reserve stock | cancelled',
    'payment-authorised': 'void-payment | undoing reserve stock | -',
    silence: 'release-stock | undoing reserve stock | -',
  },
  'completed capture payment': {},
  'compensated reserve stock': {
    'stock-reserved': 'release-stock | compensated reserve stock | -',
    'payment-authorised': 'void-payment | compensated reserve stock | -',
  },
  'undone reserve stock': {
    'stock-reserved': 'release-stock | undone reserve stock | -',
    'payment-authorised': 'void-payment | undone reserve stock | -',
  },
};

const total = { amount: 999, currency: 'EUR' } as const;

itFollows(placeOrderSaga({ confirmMarginMs: 5_000 }), {
  table,
  now: Date.parse('2026-01-01T12:00:00Z'),
  data: { lines: [], token: 'sealed', total, heldUntil: '2026-01-01T12:15:00Z' },
  anyReply: {
    lines: [],
    token: 'sealed',
    total,
    heldUntil: '2026-01-01T12:15:00Z',
    skus: ['SKU-0910'],
    amount: total,
    reason: 'closed',
  },
});
