import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Child, diedOf, type ServerOptions, startChild } from './child.ts';
import { exchange } from './exchange.ts';
import { freePort, refuseBusyPort } from './free-port.ts';
import { findJava } from './java.ts';
import { kafkaJars } from './kafka-jars.ts';
import { until } from './until.ts';

const run = promisify(execFile);
const sharedConfig = fileURLToPath(new URL('../../kafka/server.properties', import.meta.url));
const logConfig = fileURLToPath(new URL('../../kafka/log4j2.properties', import.meta.url));

/** Which of the JVM's compilers: c1 is fast at once and suits tests; c2 is twice as fast after some minutes and suits benchmarks. */
export type Jit = 'c1' | 'c2';

/** 256 MB of heap, and a bound on what lies beside it; about 300 MB altogether. */
const memory = [
  '-Xmx256m',
  '-Xms64m',
  '-XX:+UseSerialGC',
  '-XX:MaxMetaspaceSize=128m',
  '-XX:ReservedCodeCacheSize=64m',
  '-XX:MaxDirectMemorySize=64m',
  '-Xss512k',
];

export interface KafkaOptions extends ServerOptions {
  jit?: Jit;
  /** Where clients are sent, when a proxy stands before the broker. */
  advertisedPort?: number;
}

export interface KafkaServer extends Child {
  readonly name: 'kafka';
  readonly port: number;
  readonly brokers: string[];
}

/** Starts a single KRaft broker on the loopback address with its log in `dir`/kafka, formatted when it is new. */
export async function startKafka(options: KafkaOptions): Promise<KafkaServer> {
  const { dir, port, jit = 'c1', ledger, progress } = options;
  await refuseBusyPort('kafka', port);
  const [java, jars] = await Promise.all([findJava(progress), kafkaJars(progress)]);
  const classpath = ['-cp', join(jars, '*'), `-Dlog4j2.configurationFile=${logConfig}`];
  const firstTier = '-XX:TieredStopAtLevel=1';
  const properties = await writeProperties(dir, port, options.advertisedPort ?? port);
  if (!(await stat(join(dir, 'kafka', 'data', 'meta.properties')).catch(() => undefined))) {
    await rm(join(dir, 'kafka', 'data'), { recursive: true, force: true });
    const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties];
    await run(java, [...memory, firstTier, ...classpath, ...format]);
  }
  const logFile = join(dir, 'logs', 'kafka.log');
  const jvm = [...memory, ...(jit === 'c1' ? [firstTier] : []), ...classpath];
  const args = [...jvm, 'kafka.Kafka', properties];
  const child = await startChild({ name: 'kafka', command: java, args, logFile, ledger, stopWithin: 30_000 });
  await until(() => answersApiVersions(port), { within: 120_000, what: 'kafka', unless: diedOf(child, logFile) });
  return Object.assign(child, { name: 'kafka' as const, port, brokers: [`127.0.0.1:${port}`] });
}

/** Any value will do for a cluster of one. */
const clusterId = 'cmluZ3Nob3AtbG9jYWwtMQ';

/** The shared configuration plus what differs here; of two lines with one key the later counts. */
async function writeProperties(dir: string, port: number, advertisedPort: number): Promise<string> {
  const controller = await freePort();
  const own = {
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${advertisedPort}`,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    'log.dirs': join(dir, 'kafka', 'data'),
  };
  const lines = Object.entries(own).map(([key, value]) => `${key}=${value}\n`);
  const file = join(dir, 'kafka', 'server.properties');
  await mkdir(join(dir, 'kafka'), { recursive: true });
  await writeFile(file, (await readFile(sharedConfig, 'utf8')) + lines.join(''));
  return file;
}

/**
 * Whether the broker takes requests: it opens its port early, and answers only once the controller has let it in.
 * ApiVersions v0: int32 size, int16 key 18, int16 version, int32 correlation id, int16 length of no client id.
 */
export function answersApiVersions(port: number): Promise<boolean> {
  const request = Buffer.from('0000000a001200000000002affff', 'hex');
  return exchange(port, request, (reply) => reply.length >= 8 && reply.readInt32BE(4) === 42);
}
