import { isOrderId } from '@ringshop/placement';

/** A cursor is the last order id of a page in 22 letters; opaque to clients. */
export const cursorOf = (orderId: string) => Buffer.from(orderId.replaceAll('-', ''), 'hex').toString('base64url');

/** @returns the order id to go on after, or undefined for what is no cursor of ours. */
export function readCursor(cursor: string): string | undefined {
  if (!/^[A-Za-z0-9_-]{22}$/.test(cursor)) return undefined;
  const hex = Buffer.from(cursor, 'base64url').toString('hex');
  const orderId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return isOrderId(orderId) ? orderId : undefined;
}
