import 'reflect-metadata';
import { type DynamicModule, type LoggerService, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyServerOptions } from 'fastify';
import { Health } from './health.ts';
import { drainOnClose } from './http-drain.ts';
import { createLogger, type Logger, scrub } from './logger.ts';
import { serveMetrics, serveProbes } from './operational-routes.ts';
import { ProblemFilter } from './problem.filter.ts';
import { Shutdown } from './shutdown.ts';
import { onSignals } from './signals.ts';

/** Inject the process's logger with `@Inject(LOGGER)`; `Health` and `Shutdown` are injected by their classes. */
export const LOGGER = Symbol('logger');

export interface ServiceOptions {
  config: { NAME: string; HOST: string; PORT: number; LOG_LEVEL: string };
  module: Type | DynamicModule;
  /** A custom transport strategy, or how to get it from the application. Consumers start before HTTP listens. */
  strategy?: object | ((app: NestFastifyApplication) => object);
  logger?: Logger;
  health?: Health;
  shutdown?: Shutdown;
  fastify?: FastifyServerOptions;
  /** Off where the listener is public. */
  metrics?: boolean;
  /** Runs before the application is initialised: parsers, hooks, raw routes. */
  configure?: (app: NestFastifyApplication) => Promise<void> | void;
  /** For all of the ordered stop; below the 10 s after which Docker kills. */
  stopWithinMs?: number;
}

export interface Service {
  app: NestFastifyApplication;
  url: string;
  health: Health;
  /** The same ordered stop as a signal; true when everything ended well. */
  stop: () => Promise<boolean>;
}

/**
 * Starts a service and keeps it until SIGTERM or SIGINT: readiness off, stop accepting, finish what is in flight, stop
 * consumers, flush the relay, close pools, exit. A second signal exits at once. When it cannot start it says why in one
 * line on standard error and exits with 1.
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  try {
    const service = await start(options);
    onSignals(service.stop);
    return service;
  } catch (error) {
    process.stderr.write(`${options.config.NAME} cannot start: ${oneLine(error)}\n`);
    process.exit(1);
  }
}

/** {@link startService} without signals and exits: throws when it cannot start. For tests in one process. */
export async function start(options: ServiceOptions): Promise<Service> {
  const { config, health = new Health(), shutdown = new Shutdown() } = options;
  const logger = options.logger ?? createLogger(config.NAME, config.LOG_LEVEL);
  const app = await createApp(options, { logger, health, shutdown });
  const stop = once(async () => {
    health.drain();
    const clean = await shutdown.run(logger, options.stopWithinMs ?? 8_000);
    logger.info({ clean }, 'stopped');
    return clean;
  });
  // Nest's own close runs HTTP first (requests in flight finish), then consumers, then the modules' shutdown hooks.
  const drain = drainOnClose(app.getHttpServer());
  shutdown.register('consumers', 'nest', () => drain(() => app.close()));
  try {
    await options.configure?.(app);
    const { strategy } = options;
    if (strategy) {
      app.connectMicroservice({ strategy: typeof strategy === 'function' ? strategy(app) : strategy });
      await app.startAllMicroservices();
    }
    await app.listen(config.PORT, config.HOST);
  } catch (error) {
    await stop();
    throw error;
  }
  health.started();
  const url = await app.getUrl();
  logger.info({ url }, 'serving');
  return { app, url, health, stop };
}

interface Parts {
  logger: Logger;
  health: Health;
  shutdown: Shutdown;
}

async function createApp(options: ServiceOptions, parts: Parts): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    // While stopping, requests on open connections are still answered, with `connection: close`; not with a 503.
    return503OnClosing: false,
    ...options.fastify,
  });
  serveProbes(adapter.getInstance(), parts.health);
  if (options.metrics !== false) serveMetrics(adapter.getInstance());
  const app = await NestFactory.create<NestFastifyApplication>(rootModule(options.module, parts), adapter, {
    logger: nestLogger(parts.logger),
    abortOnError: false,
  });
  app.useGlobalFilters(new ProblemFilter(parts.logger));
  return app;
}

@Module({})
class Root {}

function rootModule(module: Type | DynamicModule, { logger, health, shutdown }: Parts): DynamicModule {
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

/** Why, with its causes, on one line. */
function oneLine(error: unknown): string {
  const why: string[] = [];
  for (let at = error; at !== undefined && why.length < 4; at = at instanceof Error ? at.cause : undefined) {
    why.push(at instanceof Error ? at.message || at.name : String(at));
  }
  return scrub(why.join(': ')).replaceAll(/\s+/g, ' ');
}

function once<T>(action: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= action();
    return result;
  };
}
