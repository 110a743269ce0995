import type { MigrationInterface } from 'typeorm';
import { CreateStock1763683200001 } from './1763683200001-create-stock.ts';
import { CreateReservations1763683200002 } from './1763683200002-create-reservations.ts';
import { CreateLockEpoch1763683200003 } from './1763683200003-create-lock-epoch.ts';
import { CreateOutboxAndInbox1763683200004 } from './1763683200004-create-outbox-and-inbox.ts';
import { StockTheShop1763683200005 } from './1763683200005-stock-the-shop.ts';
import { ReturnStock1763683200006 } from './1763683200006-return-stock.ts';
import { CreateOperatorActions1763683200030 } from './1763683200030-create-operator-actions.ts';
import { CompressTheOutbox1763683200060 } from './1763683200060-compress-the-outbox.ts';

/** In order. Setup runs them; the service refuses to start on a database that lacks one. */
export const migrations: (new () => MigrationInterface)[] = [
  CreateStock1763683200001,
  CreateReservations1763683200002,
  CreateLockEpoch1763683200003,
  CreateOutboxAndInbox1763683200004,
  StockTheShop1763683200005,
  ReturnStock1763683200006,
  CreateOperatorActions1763683200030,
  CompressTheOutbox1763683200060,
];
