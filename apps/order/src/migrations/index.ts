import type { MigrationInterface } from 'typeorm';
import { CreateOrders1763683200001 } from './1763683200001-create-orders.ts';
import { CreateOutboxAndInbox1763683200002 } from './1763683200002-create-outbox-and-inbox.ts';
import { CreateSagas1763683200003 } from './1763683200003-create-sagas.ts';
import { CreateOperatorActions1763683200004 } from './1763683200004-create-operator-actions.ts';
import { SeveralSagasOfAnOrder1763683200005 } from './1763683200005-several-sagas-of-an-order.ts';
import { CreateCustomerKeys1763683200010 } from './1763683200010-create-customer-keys.ts';
import { StoreRefusals1763683200020 } from './1763683200020-store-refusals.ts';
import { LockSlotsWithoutChangingThem1763683200040 } from './1763683200040-lock-slots-without-changing-them.ts';
import { CompressTheOutbox1763683200060 } from './1763683200060-compress-the-outbox.ts';
import { MoreRoomForOrders1763683200070 } from './1763683200070-more-room-for-orders.ts';

export const migrations: (new () => MigrationInterface)[] = [
  CreateOrders1763683200001,
  CreateOutboxAndInbox1763683200002,
  CreateSagas1763683200003,
  CreateOperatorActions1763683200004,
  SeveralSagasOfAnOrder1763683200005,
  CreateCustomerKeys1763683200010,
  StoreRefusals1763683200020,
  LockSlotsWithoutChangingThem1763683200040,
  CompressTheOutbox1763683200060,
  MoreRoomForOrders1763683200070,
];
