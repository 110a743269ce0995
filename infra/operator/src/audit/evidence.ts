import type { PlacementMap } from '@ringshop/placement';
import type { Kafka } from 'kafkajs';
import type { Databases } from '../databases.ts';
import type { Probe } from './probe.ts';

/** An order whose saga is over or parked; nothing but an operator changes it any more. */
export interface SettledOrder {
  orderId: string;
  customerId: string;
  shard: string;
  status: string;
  lines: { sku: string; quantity: number }[];
  /** Minor units; null for an order that was never priced. */
  total: number | null;
  version: number;
  /** Retried for so long that a person should look: it may lack its commit or its capture. */
  parked: boolean;
}

/** One payment in the provider's own books, in minor units. */
export interface LedgerEntry {
  orderId: string;
  authorised: number;
  captured: number;
  voided: number;
  refunded: number;
}

/** What the checks look at. They read the systems themselves; only what several of them need is here. */
export interface Evidence {
  databases: Databases;
  map: PlacementMap;
  kafka: Kafka;
  /** Accepted before the audit began. */
  settled: SettledOrder[];
  /** Those of them that nobody has changed since: a customer may cancel what was confirmed long ago. */
  stillSettled(): Promise<SettledOrder[]>;
  /** Accepted before the audit began, and still under way when the waiting was over. */
  unsettled: string[];
  acknowledged: string[];
  ledger(): Promise<LedgerEntry[]>;
  /** Folder of the parts' logs, where there is one to read. */
  logs?: string | undefined;
  probe: Probe;
}

export interface Violation {
  /** What is wrong: an order, a SKU, a slot. A violation counts if its subject is wrong at every look. */
  subject: string;
  problem: string;
}

export interface Finding {
  checked: number;
  violations: Violation[];
}

export interface Invariant {
  id: string;
  title: string;
  check(evidence: Evidence): Promise<Finding>;
}
