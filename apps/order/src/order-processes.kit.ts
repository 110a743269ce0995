import { mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { commandTopics, orderEventsTopic, orderRepliesTopic, readMessage } from '@ringshop/contracts';
import { createKafka, deadLetterTopicOf } from '@ringshop/messaging';
import { type Child, freePort, startReady } from '@ringshop/servers';
import { ownKafka, testFolder } from '@ringshop/testing';
import { incoming, type TestShard } from './shard.kit.ts';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

export type OrderProcesses = Awaited<ReturnType<typeof openOrderProcesses>>;

/** A process of a shard, and where it listens. */
export interface OrderProcess {
  child: Child;
  url: string;
}

/**
 * Replicas of one shard as processes of their own, which a test can kill. Nobody takes part but the test: it hears what they
 * ask, and answers when it wants to. Topics have fixed names, so they get a broker.
 */
export async function openOrderProcesses({ env: shardEnv }: TestShard, env: Record<string, string>) {
  const folder = testFolder('order');
  await mkdir(folder, { recursive: true });
  const kafka = await ownKafka();
  const { brokers } = kafka.server;
  const replies = orderRepliesTopic(shardEnv.SHARD!);
  const client = createKafka({ brokers, clientId: 'test' });
  const admin = client.admin();
  await admin.connect();
  const configEntries = [{ name: 'max.message.bytes', value: '3000000' }];
  const topics = [...commandTopics, orderEventsTopic, replies].flatMap((topic) => [
    { topic, numPartitions: 6 },
    { topic: deadLetterTopicOf(topic), numPartitions: 1, configEntries },
  ]);
  await admin.createTopics({ topics, waitForLeaders: true });
  await admin.disconnect();
  const producer = client.producer();
  const consumer = client.consumer({ groupId: 'test' });
  await Promise.all([producer.connect(), consumer.connect()]);
  // Order and command → ids of the messages that asked it; a message that is sent twice has one.
  const asked = new Map<string, Set<string>>();
  const answers = new Map<string, string>();
  const say = (orderId: string, reply: string) =>
    producer.send({
      topic: replies,
      messages: [{ key: orderId, value: JSON.stringify(incoming(orderId, reply).event) }],
    });
  await consumer.subscribe({ topics: [...commandTopics], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      const { name, event } = readMessage(message.value);
      const key = `${event.subject} ${name}`;
      asked.set(key, (asked.get(key) ?? new Set()).add(event.id));
      const reply = answers.get(name);
      if (reply) await say(event.subject, reply);
    },
  });
  const running: Child[] = [];
  return {
    /** How often a command was asked about an order. */
    asked: (name: string, orderId: string): number => asked.get(`${orderId} ${name}`)?.size ?? 0,
    /** From now on, whoever asks this is answered. */
    answer: (name: string, reply: string): void => void answers.set(name, reply),
    async start(name: string): Promise<OrderProcess> {
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const child = await startReady({
        name,
        command: process.execPath,
        args: ['--max-old-space-size=256', main],
        logFile: `${folder}/${name}.log`,
        env: {
          PATH: process.env.PATH,
          ...shardEnv,
          KAFKA_BROKERS: brokers.join(),
          ...env,
          NAME: name,
          PORT: `${port}`,
        },
        isReady: async () => (await fetch(`${url}/health/ready`)).ok,
        readyWithin: 30_000,
      });
      running.push(child);
      return { child, url };
    },
    async close(): Promise<void> {
      await Promise.all(running.map((child) => child.stop()));
      await Promise.all([consumer.disconnect(), producer.disconnect()]);
      await kafka.stop();
      await rm(folder, { recursive: true });
    },
  };
}
