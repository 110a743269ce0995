import { defaultDir, readStatus, type StatusJson } from '@ringshop/local';

/** Where the parts of a running system answer. */
export interface SystemUrls {
  gateway: string;
  /** The gateway's operator listener. */
  operator: string;
  simulators: string;
  /** The server as its administrator; every database is on it. */
  postgres: string;
  redis: string;
  kafka: string[];
  /** Folder of the parts' logs, where this machine has them. */
  logs?: string;
}

/** Both ways of running publish the same ports, so what the environment does not say is right for either. */
const fallback: SystemUrls = {
  gateway: 'http://127.0.0.1:8080',
  operator: 'http://127.0.0.1:8081',
  simulators: 'http://127.0.0.1:8090',
  postgres: 'postgresql://postgres:ringshop@127.0.0.1:54320/postgres', // secretlint-disable-line -- of Compose on this machine
  redis: 'redis://127.0.0.1:63790',
  kafka: ['127.0.0.1:19092'],
};

/** The system to talk to: what the environment names, else the one that the local runner started, else the default. */
export async function findSystem(env: NodeJS.ProcessEnv = process.env): Promise<SystemUrls> {
  const found = (await localSystem()) ?? fallback;
  return {
    ...found,
    gateway: env.RINGSHOP_GATEWAY_URL ?? found.gateway,
    operator: env.RINGSHOP_OPERATOR_URL ?? found.operator,
    simulators: env.RINGSHOP_SIMULATORS_URL ?? found.simulators,
    postgres: env.RINGSHOP_POSTGRES_URL ?? found.postgres,
    redis: env.RINGSHOP_REDIS_URL ?? found.redis,
    kafka: env.RINGSHOP_KAFKA_BROKERS?.split(',') ?? found.kafka,
    ...(env.RINGSHOP_LOGS_DIR && { logs: env.RINGSHOP_LOGS_DIR }),
  };
}

async function localSystem(): Promise<SystemUrls | undefined> {
  const status = await readStatus(defaultDir);
  return status.gateway && simulatorsIn(status) ? urlsOf(status) : undefined;
}

const simulatorsIn = ({ parts }: StatusJson) => parts.find(({ kind }) => kind === 'simulators')?.url;

/** Of a system that the local runner started. */
export function urlsOf(status: StatusJson): SystemUrls {
  const { gateway, operator, postgres, redis, kafka, logs } = status;
  const simulators = simulatorsIn(status)!;
  const servers = { postgres: postgres.url, redis: redis.url, kafka: kafka.brokers.split(',') };
  return { gateway, operator, simulators, ...servers, logs };
}
