import { CreatePayments1763683200001 } from './1763683200001-create-payments.ts';
import { CreateOutbox1763683200002 } from './1763683200002-create-outbox.ts';
import { ClosePayments1763683200003 } from './1763683200003-close-payments.ts';
import { CompressTheOutbox1763683200060 } from './1763683200060-compress-the-outbox.ts';

export const migrations = [
  CreatePayments1763683200001,
  CreateOutbox1763683200002,
  ClosePayments1763683200003,
  CompressTheOutbox1763683200060,
];
