export * from './catalogue.ts';
export * from './cloud-event.ts';
export * from './inventory.ts';
export * from './message.ts';
export * from './money.ts';
export * from './order.ts';
export * from './payment.ts';
