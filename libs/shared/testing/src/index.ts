export { counted } from './counted.ts';
export { type TestDatabase, testDatabase } from './database.ts';
export { eventually } from './eventually.ts';
export { type FaultProxy, faultProxy } from './fault-proxy.ts';
export { ownKafka, type TestKafka, type TopicOptions, testKafka, testTopics } from './kafka.ts';
export { kill, pause, resume } from './processes.ts';
export { type TestRedis, testRedis } from './redis.ts';
export { type Route, routesOf } from './routes.ts';
export { testFolder } from './shared-servers.ts';
