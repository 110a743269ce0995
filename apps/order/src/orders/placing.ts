import type { Line, Money } from '@ringshop/contracts';

/** A request to place an order; what is secret in it is sealed already. */
export interface Placing {
  /** The id the order gets when its key is new. */
  orderId: string;
  customerId: string;
  slot: number;
  key: string;
  hash: Buffer;
  lines: Line[];
  expectedTotal?: Money | undefined;
  sealedToken: string;
  sealedShipTo: string;
}
