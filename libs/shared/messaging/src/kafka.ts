import type { Logger } from '@ringshop/service-defaults';
import { Kafka, logLevel } from 'kafkajs';
import { guardKafkajs } from './kafkajs-guards.ts';

export interface KafkaOptions {
  brokers: string[];
  clientId: string;
  logger?: Logger;
}

/**
 * The only place that makes a kafkajs client. kafkajs 2.2.4 is unmaintained, so nothing is left to its defaults
 * (docs/adr/0004-kafkajs-guarded.md): here bounded connects, requests and retries; in Sender and KafkaBatchServer what is theirs.
 */
export function createKafka({ brokers, clientId, logger }: KafkaOptions): Kafka {
  guardKafkajs();
  return new Kafka({
    brokers,
    clientId,
    connectionTimeout: 3_000,
    requestTimeout: 4_000,
    enforceRequestTimeout: true,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 5 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => {
      const { message, timestamp, logger: _, ...details } = entry.log;
      // kafkajs calls each retry an error. What really ends something is reported by who waits for it.
      logger?.[entry.level === logLevel.ERROR ? 'warn' : 'debug']({ kafka: details }, message);
    },
  });
}
