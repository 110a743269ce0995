import { answersApiVersions, answersPing, answersSsl, startKafka, startPostgres, startRedis } from '@ringshop/servers';
import { kafkaBrokers, postgresUrl, redisUrl } from './addresses.ts';
import { lastWords, ledgerOf } from './node-process.ts';
import type { SystemOptions } from './options.ts';
import type { PartSpec } from './part.ts';
import type { Ports } from './ports.ts';

/** PostgreSQL, Redis and Kafka as parts. Each start waits until its server serves. */
export function serverParts(
  { dir, kafkaJit, onEvent }: SystemOptions,
  { ports, seen }: { ports: Ports; seen: Ports },
): PartSpec[] {
  const at = (name: string, signal: AbortSignal) => ({
    dir,
    port: ports(name),
    ledger: ledgerOf(dir),
    signal,
    progress: (text: string) => onEvent?.({ kind: 'progress', text }),
  });
  const part = (kind: 'postgres' | 'redis' | 'kafka', rest: Pick<PartSpec, 'url' | 'start' | 'probe'>): PartSpec => ({
    name: kind,
    kind,
    lastWords: () => lastWords(dir, kind),
    ...rest,
  });
  return [
    part('postgres', {
      url: postgresUrl(ports),
      start: (_, signal) => startPostgres(at('postgres', signal)),
      probe: () => answersSsl(ports('postgres')),
    }),
    part('redis', {
      url: redisUrl(ports),
      start: (_, signal) => startRedis(at('redis', signal)),
      probe: () => answersPing(ports('redis')),
    }),
    part('kafka', {
      url: kafkaBrokers(ports),
      start: (_, signal) =>
        startKafka({ ...at('kafka', signal), jit: kafkaJit ?? 'c1', advertisedPort: seen('kafka') }),
      probe: () => answersApiVersions(ports('kafka')),
    }),
  ];
}
