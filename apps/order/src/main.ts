import { createLogger, Health, readConfig, Shutdown, startService } from '@ringshop/service-defaults';
import { appModule } from './app.module.ts';
import { orderConfig } from './config.ts';
import { createShard } from './shard.ts';

const config = readConfig(orderConfig);
const logger = createLogger(config.NAME, config.LOG_LEVEL);
const health = new Health();
const shutdown = new Shutdown();
const shard = createShard(config, logger);
shard.report(health);
shard.endWith(shutdown);

await startService({
  config,
  module: appModule(shard),
  strategy: shard.replies,
  logger,
  health,
  shutdown,
  configure: () => shard.start(),
});
