import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { HttpOptions } from '../http/http-edges.ts';
import { createLogger, type Logger, scrub } from '../runtime/logger.ts';
import { Health } from './health.ts';
import { drainOnClose } from './http-drain.ts';
import { deadExitCode, watchLiveness } from './liveness-watch.ts';
import { type AppModule, createApp, type Parts } from './nest-app.ts';
import { Shutdown } from './shutdown.ts';
import { onSignals, onUncaught } from './signals.ts';

export interface ServiceOptions {
  config: { NAME: string; HOST: string; PORT: number; LOG_LEVEL: string; LIVENESS_GRACE_MS?: number };
  module: AppModule;
  /** A custom transport strategy, or how to get it from the application. Consumers start before HTTP listens. */
  strategy?: object | ((app: NestFastifyApplication) => object);
  /** A second listener where the first is public: operator calls, and /metrics moves there. */
  operator?: {
    module: AppModule;
    HOST: string;
    PORT: number;
    /** Runs before it listens. */
    configure?: (app: NestFastifyApplication) => Promise<void> | void;
  };
  logger?: Logger;
  health?: Health;
  shutdown?: Shutdown;
  fastify?: HttpOptions;
  /** Runs before consumers and listeners start. What it throws refuses the start. */
  configure?: (app: NestFastifyApplication) => Promise<void> | void;
  /** For all of the ordered stop, 8 s; below the 10 s after which Docker kills by default, and the 20 s of our Compose file. */
  stopWithinMs?: number;
}

export interface Service {
  app: NestFastifyApplication;
  url: string;
  operatorUrl?: string;
  operatorApp?: NestFastifyApplication;
  health: Health;
  /** The same ordered stop as a signal; true when everything ended well. */
  stop: () => Promise<boolean>;
}

/**
 * Starts a service and keeps it until SIGTERM or SIGINT: readiness off, stop accepting, finish what is in flight, stop
 * consumers, flush the relay, close pools, exit. A second signal exits at once. When it cannot start it says why in one
 * line on standard error and exits with 1. When it is dead for good it stops in the same order and exits with 70.
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { config, shutdown = new Shutdown() } = options;
  const logger = options.logger ?? createLogger(config.NAME, config.LOG_LEVEL);
  onUncaught((error) => logger.fatal({ err: error }, 'uncaught'));
  try {
    const service = await start({ ...options, logger, shutdown });
    onSignals(service.stop);
    const stopWatch = watchLiveness(service.health, config.LIVENESS_GRACE_MS ?? 10_000, (reasons) => {
      logger.fatal({ reasons }, 'dead for good; stopping');
      const why = oneLine(reasons.map(({ part, reason }) => `${part}: ${reason}`).join(', '));
      void service.stop().then(() => {
        process.stderr.write(`${config.NAME} was dead (${why}) and has ended, to be started again\n`);
        process.exit(deadExitCode);
      });
    });
    shutdown.signal.addEventListener('abort', stopWatch, { once: true });
    return service;
  } catch (error) {
    process.stderr.write(`${config.NAME} cannot start: ${oneLine(error)}\n`);
    process.exit(1);
  }
}

/**
 * As many as the kernel allows (Linux' `net.core.somaxconn`, 4,096): a crowd that connects while this process has something else
 * to do waits for some milliseconds. Node asks for 511, and whoever finds them taken is dropped without a word, and tries again
 * after 1, 3 and 7 seconds.
 */
const backlog = 65_535;

/** {@link startService} without signals and exits: throws when it cannot start. For tests in one process. */
export async function start(options: ServiceOptions): Promise<Service> {
  const { config, operator, health = new Health(), shutdown = new Shutdown() } = options;
  const logger = options.logger ?? createLogger(config.NAME, config.LOG_LEVEL);
  const parts = { logger, health, shutdown };
  const stop = once(() => stopInOrder(parts, options.stopWithinMs ?? 8_000));
  try {
    const app = await createApp(options.module, parts, { metrics: !operator, fastify: options.fastify });
    const drain = drainOnClose(app.getHttpServer());
    // Nest's own close runs HTTP first (requests in flight finish), then consumers, then the modules' shutdown hooks.
    shutdown.register('consumers', 'nest', () => drain(() => app.close()));
    await options.configure?.(app);
    await startConsumers(app, options.strategy);
    await app.listen({ port: config.PORT, host: config.HOST, backlog });
    const operatorApp = operator && (await listenForOperators(operator, parts));
    const [url, operatorUrl] = await Promise.all([app.getUrl(), operatorApp?.getUrl()]);
    health.started();
    logger.info({ url, operatorUrl }, 'serving');
    return { app, url, operatorUrl, operatorApp, health, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startConsumers(app: NestFastifyApplication, strategy: ServiceOptions['strategy']): Promise<void> {
  if (!strategy) return;
  app.connectMicroservice({ strategy: typeof strategy === 'function' ? strategy(app) : strategy });
  await app.startAllMicroservices();
}

async function listenForOperators(
  { module, HOST, PORT, configure }: NonNullable<ServiceOptions['operator']>,
  parts: Parts,
): Promise<NestFastifyApplication> {
  const app = await createApp(module, parts, { metrics: true });
  const drain = drainOnClose(app.getHttpServer());
  // Last, so that the stop itself can be watched.
  parts.shutdown.register('pools', 'operator listener', () => drain(() => app.close()));
  await configure?.(app);
  await app.listen({ port: PORT, host: HOST, backlog });
  return app;
}

async function stopInOrder({ logger, health, shutdown }: Parts, withinMs: number): Promise<boolean> {
  health.drain();
  const clean = await shutdown.run(logger, withinMs);
  logger.info({ clean }, 'stopped');
  return clean;
}

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
