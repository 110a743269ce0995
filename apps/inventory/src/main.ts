import { createLogger, Health, readConfig, Shutdown, startService } from '@ringshop/service-defaults';
import { appModule } from './app.module.ts';
import { inventoryConfig } from './config.ts';
import { createInventory } from './inventory.ts';

const config = readConfig(inventoryConfig);
const logger = createLogger(config.NAME, config.LOG_LEVEL);
const health = new Health();
const shutdown = new Shutdown();
const inventory = createInventory(config, logger);
inventory.report(health);
inventory.endWith(shutdown);

await startService({
  config,
  module: appModule(inventory),
  strategy: inventory.consumer,
  logger,
  health,
  shutdown,
  configure: () => inventory.start(),
});
