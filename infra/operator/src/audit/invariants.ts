import type { Invariant } from './evidence.ts';
import { stockAddsUp } from './i1-stock-adds-up.ts';
import { nothingHeldForEndedOrders } from './i2-nothing-held-for-ended-orders.ts';
import { moneyMatchesOrders } from './i3-money-matches-orders.ts';
import { capturedOnce } from './i4-captured-once.ts';
import { acknowledgedOrdersEnd } from './i5-acknowledged-orders-end.ts';
import { sameKeySameOrder } from './i6-same-key-same-order.ts';
import { oneShardPerOrder } from './i7-one-shard-per-order.ts';
import { everyEffectOnce } from './i8-every-effect-once.ts';
import { historiesArePaths } from './i9-histories-are-paths.ts';
import { noForeignData } from './i10-no-foreign-data.ts';
import { noSecretsInTheClear } from './i11-no-secrets-in-the-clear.ts';

export const invariants: Invariant[] = [
  stockAddsUp,
  nothingHeldForEndedOrders,
  moneyMatchesOrders,
  capturedOnce,
  acknowledgedOrdersEnd,
  sameKeySameOrder,
  oneShardPerOrder,
  everyEffectOnce,
  historiesArePaths,
  noForeignData,
  noSecretsInTheClear,
];
