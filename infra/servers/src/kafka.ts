import { execFile } from 'node:child_process';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Child } from './child.ts';
import { exchange } from './exchange.ts';
import { freePort, refuseBusyPort } from './free-port.ts';
import { findJava } from './java.ts';
import { kafkaJars } from './kafka-jars.ts';
import { type ServerOptions, startReady } from './ready-child.ts';

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
  // Twenty samples a second for jstat, which nobody runs.
  '-XX:-UsePerfData',
];

const firstTierOnly = '-XX:TieredStopAtLevel=1';

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
  const { dir, port, jit = 'c1', ledger, progress, signal } = options;
  await refuseBusyPort('kafka', port);
  const [java, jars] = await Promise.all([findJava(progress), kafkaJars(progress)]);
  const jvm = [...memory, '-cp', join(jars, '*'), `-Dlog4j2.configurationFile=${logConfig}`];
  const home = join(dir, 'kafka');
  await format(home, (args) => run(java, [...jvm, firstTierOnly, ...args], { signal }));

  const listeners = await listenersAt(port, options.advertisedPort ?? port);
  const properties = await writeProperties(join(home, 'server.properties'), join(home, 'data'), listeners);
  const child = await startReady({
    name: 'kafka',
    command: java,
    args: [...jvm, ...(jit === 'c1' ? [firstTierOnly] : []), 'kafka.Kafka', properties],
    logFile: join(dir, 'logs', 'kafka.log'),
    ledger,
    stopWithin: 30_000,
    isReady: () => answersApiVersions(port),
    readyWithin: 120_000,
    signal,
  });
  return Object.assign(child, { name: 'kafka' as const, port, brokers: [`127.0.0.1:${port}`] });
}

/** Any value will do for a cluster of one. */
const clusterId = 'cmluZ3Nob3AtbG9jYWwtMQ';

/** Makes an empty log, in one step: a format that is cut short would leave a folder that looks formatted. */
async function format(home: string, kafka: (args: string[]) => Promise<unknown>): Promise<void> {
  const data = join(home, 'data');
  if (await stat(data).catch(() => undefined)) return;
  const draft = join(home, 'formatting');
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  const properties = await writeProperties(join(home, 'format.properties'), draft, await listenersAt(0, 0));
  await kafka(['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties]);
  await rename(draft, data);
}

async function listenersAt(port: number, advertisedPort: number): Promise<Record<string, string>> {
  const controller = await freePort();
  return {
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${advertisedPort}`,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
  };
}

/** The shared configuration plus what differs here; of two lines with one key the later counts. */
async function writeProperties(file: string, logDir: string, own: Record<string, string>): Promise<string> {
  const lines = Object.entries({ 'log.dirs': logDir, ...own }).map(([key, value]) => `${key}=${value}\n`);
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
