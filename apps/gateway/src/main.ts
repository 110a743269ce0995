import { createLogger, readConfig, Shutdown, startService } from '@ringshop/service-defaults';
import { appModules } from './app.module.ts';
import { gatewayConfig } from './config.ts';
import { createGateway } from './gateway.ts';

const config = readConfig(gatewayConfig);
const logger = createLogger(config.NAME, config.LOG_LEVEL);
const shutdown = new Shutdown();
const gateway = createGateway(config, logger);
gateway.endWith(shutdown);

await startService({
  config,
  ...appModules(config, gateway),
  logger,
  shutdown,
  configure: (app) => gateway.start(app.getHttpAdapter().getInstance()),
});
