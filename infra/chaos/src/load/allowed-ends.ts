import type { OrderKind, Token } from './order-kinds.ts';

/** How an order ended: its status, and the reason of one that was not confirmed. */
export type End = string;

const endOf = (status: string, reason: string | null): End => (reason ? `${status}: ${reason}` : status);

/** Under faults anybody may be told that it took too long; nobody may be told something that is not true. */
const always: End[] = ['rejected: timed-out', 'rejected: stock-unavailable'];

const ofKind: Partial<Record<OrderKind, End[]>> = {
  'sold-out': ['rejected: out-of-stock'],
  'unknown-sku': ['rejected: unknown-sku'],
  'price-changed': ['rejected: price-changed'],
};

/** Payments that no provider agrees to. */
const refused: Token[] = ['tok_decline', 'tok_insufficient_funds'];

export interface Ending {
  kind: OrderKind;
  token: Token;
  status: string;
  reason: string | null;
  /** What its customer was told about a cancel; undefined when none was asked for. */
  cancel?: 'accepted' | 'refused' | 'unknown' | undefined;
}

/** What is wrong with the end of an order; undefined when the contract allows it. */
export function wrongEnd({ kind, token, status, reason, cancel }: Ending): string | undefined {
  const end = endOf(status, reason);
  if (cancel === 'accepted')
    return status === 'cancelled' ? undefined : `its cancel was answered 202, and it ended ${end}`;
  if (cancel === 'refused')
    return status === 'rejected' || status === 'cancelled' ? undefined : `its cancel was refused, and it ended ${end}`;
  const byStock = ofKind[kind];
  const scarce: End[] = kind === 'scarce' ? ['rejected: out-of-stock'] : [];
  const byMoney: End[] = refused.includes(token)
    ? ['rejected: payment-declined']
    : ['confirmed', 'cancelled: stock-lost'];
  const byCustomer: End[] = cancel === 'unknown' ? ['cancelled: customer'] : [];
  const allowed = [...always, ...byCustomer, ...(byStock ?? [...scarce, ...byMoney])];
  return allowed.includes(end) ? undefined : `${kind} with ${token} ended ${end}`;
}
