import { z } from 'zod';
import { command } from './message.ts';
import { money } from './money.ts';

export const paymentCommandsTopic = 'payment.commands';
const nothing = z.object({});

/** `token` is sealed for the payment service (AES-256-GCM, `kid.iv.ciphertext.tag`, base64url); nobody between can read it. */
export const authorisePayment = command(
  paymentCommandsTopic,
  'authorise-payment',
  z.object({ amount: money, token: z.string().min(1).max(2000) }),
  {
    'payment-authorised': z.object({ amount: money }),
    'payment-declined': z.object({ reason: z.string() }),
    /** The payment was voided before this command came, or while it was under way: a tombstone refuses it. */
    'payment-refused': nothing,
  },
);

/** Free the authorised money. Answers the same for a payment that never was, and leaves a tombstone. */
export const voidPayment = command(paymentCommandsTopic, 'void-payment', nothing, { 'payment-voided': nothing });

/** Take the authorised money, once. Retried for ever. */
export const capturePayment = command(paymentCommandsTopic, 'capture-payment', z.object({ amount: money }), {
  'payment-captured': z.object({ amount: money }),
  /** `closed`: the payment was ended meanwhile, and there is nothing left to take. */
  'capture-refused': z.object({ reason: z.string() }),
});

/** End a payment because its order was cancelled: free what is authorised, pay back what is captured, refuse a later capture. */
export const closePayment = command(paymentCommandsTopic, 'close-payment', z.object({ amount: money }), {
  'payment-closed': z.object({ refunded: money.optional() }),
});
