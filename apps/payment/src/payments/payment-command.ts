import type {
  authorisePayment,
  CloudEvent,
  capturePayment,
  closePayment,
  DataOf,
  voidPayment,
} from '@ringshop/contracts';

/** One of this service's commands, as received or as kept while the provider has not answered. */
export type PaymentCommand =
  | { readonly name: 'authorise-payment'; readonly event: CloudEvent<DataOf<typeof authorisePayment>> }
  | { readonly name: 'void-payment'; readonly event: CloudEvent<DataOf<typeof voidPayment>> }
  | { readonly name: 'capture-payment'; readonly event: CloudEvent<DataOf<typeof capturePayment>> }
  | { readonly name: 'close-payment'; readonly event: CloudEvent<DataOf<typeof closePayment>> };

export const orderIdOf = (command: PaymentCommand): string => command.event.subject;

/** Whether its sender has given up. Only an authorise has an end; what undoes or finishes is asked for until it is done. */
export function hasExpired({ name, event }: PaymentCommand): boolean {
  if (name !== 'authorise-payment' || event.expiresat === undefined) return false;
  return Date.parse(event.expiresat) <= Date.now();
}
