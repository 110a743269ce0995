/*
 * Its rooms. `http` knows `runtime`, the next three know those below that they need (a fence says which), and `service` all.
 *
 *   runtime   what any code needs: errors, a logger, metrics, failpoints
 *   http      what comes in, and how it is refused
 *   stores    connections that give up in time
 *   overload  how much at once
 *   trust     who says so, and who may read it
 *   service   a process: how it starts, tells how it is, and stops
 */

export type { HttpOptions } from './http/http-edges.ts';
export { askedBeforeHeader, deadlineHeader } from './http/internal-headers.ts';
export { pageQuery } from './http/page-query.ts';
export { ProblemFilter, problemOf, sendProblem } from './http/problem.filter.ts';
export { type FieldError, Problem, type ProblemCode, problemCodes } from './http/problem.ts';
export { traceHeader, traceparentOf } from './http/traceparent.ts';
export { valid } from './http/valid.ts';
export { AdaptiveLimit, type AdaptiveLimitOptions } from './overload/adaptive-limit.ts';
export { Breaker, type BreakerOptions } from './overload/breaker.ts';
export { Gatherer } from './overload/gatherer.ts';
export { batchLimits, LoadShedder, type Work } from './overload/load-shedder.ts';
export { backoffMs } from './runtime/backoff.ts';
export { isAway, isTransient, RetriableError } from './runtime/errors.ts';
export { armFailpoints, failpoint } from './runtime/failpoint.ts';
export { createLogger, type Logger } from './runtime/logger.ts';
export { counter, gauge, histogram, registry } from './runtime/metrics.ts';
export { Periodic, type PeriodicOptions } from './runtime/periodic.ts';
export { ConfigError, readConfig, serviceVariables, variables, wiring } from './service/config.ts';
export { type Checks, Health, type Reason } from './service/health.ts';
export { deadExitCode } from './service/liveness-watch.ts';
export { LOGGER } from './service/nest-app.ts';
export { type Service, type ServiceOptions, start, startService } from './service/service.ts';
export { Shutdown, type ShutdownPhase } from './service/shutdown.ts';
export { assertMigrated, type MigrationClass, NotMigrated } from './stores/assert-migrated.ts';
export { createPool, type Pool, type PoolClient, statementTimeouts } from './stores/postgres.ts';
export { askRedis, createRedis, openRedis, type Redis } from './stores/redis.ts';
export { KeyRing, open, openBytes, openWith, SealBroken, seal, sealWith, splitKid } from './trust/key-ring.ts';
export { KeyRingFile } from './trust/key-ring-file.ts';
export {
  type Principal,
  Principals,
  principalHeader,
  principalLifetimeMs,
  type Role,
  signPrincipal,
} from './trust/principal.ts';
