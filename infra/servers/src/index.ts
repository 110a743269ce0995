export { type Child, type ChildOptions, diedOf, type Exit, type ServerOptions, startChild } from './child.ts';
export { freePort, portIsFree } from './free-port.ts';
export { answersApiVersions, type Jit, type KafkaOptions, type KafkaServer, startKafka } from './kafka.ts';
export { isAlive, withLock } from './lock.ts';
export { answersSsl, type PostgresServer, postgresPassword, startPostgres } from './postgres.ts';
export * from './process-ledger.ts';
export { answersPing, type RedisServer, startRedis } from './redis.ts';
export { type Patience, until } from './until.ts';
