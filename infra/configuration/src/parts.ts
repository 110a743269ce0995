import { gatewayConfig } from '@ringshop/gateway/config';
import { inventoryConfig } from '@ringshop/inventory/config';
import { orderConfig } from '@ringshop/order/config';
import { paymentConfig } from '@ringshop/payment/config';
import { setupConfig } from '@ringshop/setup/config';
import { simulatorsConfig } from '@ringshop/simulators/config';
import type { z } from 'zod';

export interface ConfiguredPart {
  schema: z.ZodObject;
  /** Where it stands, for whoever wants to change it. */
  file: string;
}

/** What runs in both ways of running, by its kind. */
export const services: Record<string, ConfiguredPart> = {
  gateway: { schema: gatewayConfig, file: 'apps/gateway/src/config.ts' },
  order: { schema: orderConfig, file: 'apps/order/src/config.ts' },
  inventory: { schema: inventoryConfig, file: 'apps/inventory/src/config.ts' },
  payment: { schema: paymentConfig, file: 'apps/payment/src/config.ts' },
  simulators: { schema: simulatorsConfig, file: 'infra/simulators/src/config.ts' },
};

/** Setup is told everything by whoever runs it, so there is no list of its settings. */
export const parts: Record<string, ConfiguredPart> = {
  ...services,
  setup: { schema: setupConfig, file: 'infra/setup/src/config.ts' },
};
