import { execFile } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inventoryCommandsTopic, readMessage } from '@ringshop/contracts';
import { createKafka, deadLetterTopicOf, type Incoming } from '@ringshop/messaging';
import { type Child, freePort, startReady } from '@ringshop/servers';
import { counted, eventually, ownKafka, testFolder } from '@ringshop/testing';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const repliesTopic = 'order.replies.test';

export type Processes = Awaited<ReturnType<typeof openProcesses>>;

/** The built service as processes of its own, for faults that stop a whole process. Their topic has a fixed name, so they get a broker. */
export async function openProcesses(addresses: { databaseUrl: string; redisUrl: string }) {
  const folder = testFolder('inventory');
  await mkdir(folder, { recursive: true });
  const kafka = await ownKafka();
  const { brokers } = kafka.server;
  const client = createKafka({ brokers, clientId: 'test' });
  const admin = client.admin();
  await admin.connect();
  const configEntries = [{ name: 'max.message.bytes', value: '3000000' }];
  const topics = [
    { topic: inventoryCommandsTopic, numPartitions: 6 },
    { topic: deadLetterTopicOf(inventoryCommandsTopic), numPartitions: 1, configEntries },
    { topic: repliesTopic, numPartitions: 1 },
  ];
  await admin.createTopics({ topics, waitForLeaders: true });
  await admin.disconnect();
  const producer = client.producer();
  const consumer = client.consumer({ groupId: 'test' });
  await Promise.all([producer.connect(), consumer.connect()]);
  const answers = new Map<string, string[]>();
  await consumer.subscribe({ topic: repliesTopic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      const { name, event } = readMessage(message.value);
      answers.set(event.subject, [...(answers.get(event.subject) ?? []), name]);
    },
  });
  const running: Child[] = [];

  return {
    /** What every order was told so far; the same more than once after a fault. */
    answers,
    async start(name: string, env: Record<string, string> = {}) {
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const logFile = `${folder}/${name}-${port}.log`;
      const child = await startReady({
        name,
        command: process.execPath,
        args: ['--max-old-space-size=256', main],
        logFile,
        env: {
          PATH: process.env.PATH,
          NAME: name,
          PORT: String(port),
          DATABASE_URL: addresses.databaseUrl,
          REDIS_URL: addresses.redisUrl,
          KAFKA_BROKERS: brokers.join(),
          INTERNAL_CALL_KEYS: `test:${Buffer.alloc(32, 7).toString('base64')}`,
          ...env,
        },
        isReady: async () => (await fetch(`${url}/health/ready`)).ok,
        readyWithin: 30_000,
      });
      running.push(child);
      return new InventoryProcess(child, url, logFile);
    },
    async send(messages: readonly Incoming[]): Promise<void> {
      const records = messages.map(({ event }) => ({ key: event.subject, value: JSON.stringify(event) }));
      await producer.send({ topic: inventoryCommandsTopic, messages: records });
    },
    /** Ends the processes of one test. */
    async stopAll(): Promise<void> {
      await Promise.all(running.splice(0).map((child) => child.stop()));
    },
    async close(): Promise<void> {
      await this.stopAll();
      await Promise.all([consumer.disconnect(), producer.disconnect()]);
      await kafka.stop();
      await rm(folder, { recursive: true });
    },
  };
}

export class InventoryProcess {
  constructor(
    private readonly child: Child,
    private readonly url: string,
    private readonly logFile: string,
  ) {}

  get pid(): number {
    return this.child.pid;
  }

  /** Waits until a failpoint has struck. */
  async struck(failpoint: string): Promise<void> {
    await eventually(async () => (await this.log()).includes(`failpoint ${failpoint}`), { within: 30_000, every: 5 });
  }

  log(): Promise<string> {
    return readFile(this.logFile, 'utf8');
  }

  /** By the system's own account. */
  async isStopped(): Promise<boolean> {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'state=', '-p', String(this.pid)]);
    return stdout.startsWith('T');
  }

  async isReady(): Promise<boolean> {
    return (await fetch(`${this.url}/health/ready`)).ok;
  }

  /** Of this process, over all labels. */
  metric(name: string): Promise<number> {
    return counted(this.url, name);
  }
}
