import { ReplicaSet } from '../upstream/replica-set.ts';

/** The replicas of the inventory service. */
export class Inventory extends ReplicaSet {}
