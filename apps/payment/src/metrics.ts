import { counter } from '@ringshop/service-defaults';

export const unanswered = counter(
  'ringshop_payment_unanswered_total',
  'Commands kept because the provider gave no answer',
);
export const resolved = counter('ringshop_payment_resolved_total', 'Kept commands that were settled later');
export const expired = counter(
  'ringshop_payment_expired_total',
  'Authorisations whose sender had given up: not made, or not pursued any more',
);
