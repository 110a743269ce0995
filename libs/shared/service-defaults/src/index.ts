export { AdaptiveLimit, type AdaptiveLimitOptions } from './adaptive-limit.ts';
export { assertMigrated, type MigrationClass, NotMigrated } from './assert-migrated.ts';
export { Breaker, type BreakerOptions } from './breaker.ts';
export { ConfigError, readConfig, serviceVariables, variables } from './config.ts';
export { deadlineHeader } from './deadline.ts';
export { isAway, isTransient, RetriableError } from './errors.ts';
export { armFailpoints, failpoint } from './failpoint.ts';
export { Gatherer } from './gatherer.ts';
export { type Checks, Health, type Reason } from './health.ts';
export type { HttpOptions } from './http-edges.ts';
export { KeyRing, open, openBytes, openWith, SealBroken, seal, sealWith, splitKid } from './key-ring.ts';
export { KeyRingFile } from './key-ring-file.ts';
export { deadExitCode } from './liveness-watch.ts';
export { batchLimits, LoadShedder, type Work } from './load-shedder.ts';
export { createLogger, type Logger } from './logger.ts';
export { counter, gauge, histogram, registry } from './metrics.ts';
export { LOGGER } from './nest-app.ts';
export { pageQuery } from './page-query.ts';
export { Periodic, type PeriodicOptions } from './periodic.ts';
export { createPool, type Pool, type PoolClient, statementTimeouts } from './postgres.ts';
export {
  type Principal,
  Principals,
  principalHeader,
  principalLifetimeMs,
  type Role,
  signPrincipal,
} from './principal.ts';
export { ProblemFilter, problemOf, sendProblem } from './problem.filter.ts';
export { type FieldError, Problem, type ProblemCode, problemCodes } from './problem.ts';
export { askRedis, createRedis, type Redis } from './redis.ts';
export { type Service, type ServiceOptions, start, startService } from './service.ts';
export { Shutdown, type ShutdownPhase } from './shutdown.ts';
export { valid } from './valid.ts';
