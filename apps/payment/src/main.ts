import { createLogger, Health, readConfig, Shutdown, startService } from '@ringshop/service-defaults';
import { appModule } from './app.module.ts';
import { paymentConfig } from './config.ts';
import { createPaymentService } from './payment-service.ts';

const config = readConfig(paymentConfig);
const logger = createLogger(config.NAME, config.LOG_LEVEL);
const health = new Health();
const shutdown = new Shutdown();
const service = createPaymentService(config, logger);
service.report(health);
service.endWith(shutdown);

await startService({
  config,
  module: appModule(service),
  strategy: service.commands,
  logger,
  health,
  shutdown,
  configure: () => service.start(),
});
