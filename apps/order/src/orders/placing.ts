import type { Line, Money } from '@ringshop/contracts';
import type { IsWanted } from '../admission/wanted.ts';
import type { ShipTo } from '../personal-data/customer-key.ts';

/** A request to place an order. Its payment token is sealed already. */
export interface Placing {
  /** The id the order gets when its key is new. */
  orderId: string;
  customerId: string;
  slot: number;
  key: string;
  lines: Line[];
  expectedTotal?: Money | undefined;
  sealedToken: string;
  /** In the clear until the customer's key is read, in the transaction that writes the order. */
  shipTo: ShipTo;
  /** All that the body says, for its fingerprint. */
  says: string;
  /** Absent when somebody certainly waits. */
  isWanted?: IsWanted;
  /** The gateway had let it in, and asks for the state now. */
  askedBefore?: boolean;
  /** The trace that its saga's messages carry on. */
  traceparent?: string | undefined;
}

/** As it is written: nothing of it can be read, or guessed and compared. */
export interface SealedPlacing extends Placing {
  hash: Buffer;
  sealedShipTo: string;
}
