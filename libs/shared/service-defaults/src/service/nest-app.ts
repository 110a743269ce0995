import 'reflect-metadata';
import { type DynamicModule, type LoggerService, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { fastifyAdapter, type HttpOptions } from '../http/http-edges.ts';
import { ProblemFilter } from '../http/problem.filter.ts';
import type { Logger } from '../runtime/logger.ts';
import { Health } from './health.ts';
import { serveMetrics, serveProbes } from './operational-routes.ts';
import { Shutdown } from './shutdown.ts';

/** Inject the process's logger with `@Inject(LOGGER)`; `Health` and `Shutdown` are injected by their classes. */
export const LOGGER = Symbol('logger');

export type AppModule = Type | DynamicModule;

/** What all listeners of a process share. */
export interface Parts {
  logger: Logger;
  health: Health;
  shutdown: Shutdown;
}

/** A Nest application with probes, problems for errors, and the shared parts to inject. It does not listen yet. */
export async function createApp(
  module: AppModule,
  parts: Parts,
  options: { metrics: boolean; fastify?: HttpOptions },
): Promise<NestFastifyApplication> {
  const adapter = fastifyAdapter(options.fastify);
  serveProbes(adapter.getInstance(), parts.health);
  if (options.metrics) serveMetrics(adapter.getInstance());
  const app = await NestFactory.create<NestFastifyApplication>(rootModule(module, parts), adapter, {
    logger: nestLogger(parts.logger),
    abortOnError: false,
    // Nest's parsers take forms too, and buffer twice.
    bodyParser: false,
  });
  app.useGlobalFilters(new ProblemFilter(parts.logger));
  return app;
}

@Module({})
class Root {}

function rootModule(module: AppModule, { logger, health, shutdown }: Parts): DynamicModule {
  const providers = [
    { provide: LOGGER, useValue: logger },
    { provide: Health, useValue: health },
    { provide: Shutdown, useValue: shutdown },
  ];
  return { module: Root, global: true, imports: [module], providers, exports: providers };
}

/** Nest tells every mapped route; that is for debugging. */
const nestLogger = (logger: Logger): LoggerService => ({
  log: (message: unknown) => logger.debug(String(message)),
  debug: (message: unknown) => logger.trace(String(message)),
  verbose: (message: unknown) => logger.trace(String(message)),
  warn: (message: unknown) => logger.warn(String(message)),
  error: (message: unknown) => logger.error(String(message)),
});
