import { readConfig, startService } from '@ringshop/service-defaults';
import { gateway } from './app.module.ts';
import { gatewayConfig } from './config.ts';

await startService(gateway(readConfig(gatewayConfig)));
