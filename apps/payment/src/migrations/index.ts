import { CreatePayments1763683200001 } from './1763683200001-create-payments.ts';
import { CreateOutbox1763683200002 } from './1763683200002-create-outbox.ts';

export const migrations = [CreatePayments1763683200001, CreateOutbox1763683200002];
