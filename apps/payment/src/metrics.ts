import { counter, gauge } from '@ringshop/service-defaults';

export const unanswered = counter(
  'ringshop_payment_unanswered_total',
  'Commands kept because the provider gave no answer',
);
export const resolved = counter('ringshop_payment_resolved_total', 'Kept commands that were settled later');
export const expired = counter(
  'ringshop_payment_expired_total',
  'Authorisations that came after their sender had given up: not made',
);
export const unresolvedCommands = gauge(
  'ringshop_payment_unresolved',
  'Commands whose outcome at the provider is not known yet, over all replicas',
);
export const oldestUnresolved = gauge(
  'ringshop_payment_unresolved_oldest_seconds',
  'Age of the oldest command whose outcome is not known yet',
);
