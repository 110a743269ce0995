import { freePort } from '@ringshop/servers';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { eventually, faultProxy, ownKafka, testDatabase, testKafka, testRedis, testTopics } from './index.ts';

describe('servers for a test', () => {
  it('gives each spec an empty database of its own', async () => {
    const [one, two] = await Promise.all([testDatabase(), testDatabase()]);
    await one.pool.query('create table only_here (id int)');
    await expect(two.pool.query('select * from only_here')).rejects.toThrow('does not exist');
    await one.drop();
    await two.drop();
  });

  it('fails a spec that leaves a database connection open', async () => {
    const database = await testDatabase();
    const { default: pg } = await import('pg');
    const forgotten = new pg.Client({ connectionString: database.url });
    forgotten.on('error', () => undefined);
    await forgotten.connect();
    await expect(database.drop()).rejects.toThrow('leaked 1 database connection');
  });

  it('gives each spec a Redis of its own that comes back with its data', async () => {
    const redis = await testRedis();
    const client = new Redis(redis.url, { lazyConnect: true });
    client.on('error', () => undefined);
    await client.connect();
    await client.set('epoch', '7');
    // Append-only with fsync every second: what is older than that survives a kill.
    await client.call('waitaof', '1', '0', '2000').catch(() => undefined);
    redis.server.kill();
    await redis.restart();
    expect(await eventually(() => client.get('epoch'))).toBe('7');
    client.disconnect();
    await redis.stop();
  });

  it('carries a message through topics that nobody else has', async () => {
    const { brokers } = await testKafka();
    const { greetings } = await testTopics(['greetings'], { partitions: 2 });
    const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
    const producer = kafka.producer();
    const consumer = kafka.consumer({ groupId: greetings });
    await Promise.all([producer.connect(), consumer.connect()]);
    await producer.send({ topic: greetings, messages: [{ key: 'a', value: 'hello' }] });
    const heard: string[] = [];
    await consumer.subscribe({ topic: greetings, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => void heard.push(String(message.value)) });
    await eventually(() => heard.includes('hello'));
    await consumer.disconnect();
    await producer.disconnect();
  });
});

it('puts a faulty network before a broker', async () => {
  const port = await freePort();
  const proxy = await faultProxy(port);
  const broker = await ownKafka({ port, advertisedPort: proxy.port });
  const retry = { retries: 30, maxRetryTime: 200 };
  const kafka = new Kafka({ brokers: [`127.0.0.1:${proxy.port}`], logLevel: logLevel.NOTHING, retry });
  const { events } = await testTopics(['events'], { brokers: [`127.0.0.1:${proxy.port}`] });
  const producer = kafka.producer();
  await producer.connect();
  await proxy.refuse();
  const sent = producer.send({ topic: events, messages: [{ value: 'late' }] });
  await eventually(() => proxy.counts.refused > 0);
  await proxy.pass();
  expect(await sent).toMatchObject([{ errorCode: 0 }]);
  await producer.disconnect();
  await broker.stop();
  await proxy.close();
});
