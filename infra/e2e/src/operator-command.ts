import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Shop } from './shop.ts';

export interface Ended {
  /** Null for one that was killed. */
  code: number | null;
  out: string;
  err: string;
}

/** Runs an operator's command on the shop of a test, as a person would; for its exit code and what it prints. */
export function operatorCommand(
  shop: Shop,
  name: string,
  args: string[],
  more: Record<string, string> = {},
): Promise<Ended> {
  const program = fileURLToPath(new URL(`../../operator/dist/${name}.js`, import.meta.url));
  const { gateway, operator, postgres, redis, kafka } = shop.status;
  const env = {
    PATH: process.env.PATH,
    RINGSHOP_GATEWAY_URL: gateway,
    RINGSHOP_OPERATOR_URL: operator,
    RINGSHOP_SIMULATORS_URL: shop.urlOf('simulators'),
    RINGSHOP_POSTGRES_URL: postgres.url,
    RINGSHOP_REDIS_URL: redis.url,
    RINGSHOP_KAFKA_BROKERS: kafka.brokers,
    ...more,
  };
  const options = { env, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], options, (error, out, err) =>
      resolve({ code: error ? (error.code as number | null) : 0, out, err }),
    );
  });
}
