export { type Child, type ChildOptions, type Exit, startChild } from './child.ts';
export { freePort, portIsFree } from './free-port.ts';
export { answersApiVersions, type Jit, type KafkaOptions, type KafkaServer, startKafka } from './kafka.ts';
export { isAlive, withLock } from './lock.ts';
export { answersSsl, type PostgresServer, postgresPassword, startPostgres } from './postgres.ts';
export * from './process-ledger.ts';
export { type ReadyOptions, type ServerOptions, startReady } from './ready-child.ts';
export { answersPing, type RedisServer, startRedis } from './redis.ts';
export { type Patience, until } from './until.ts';
