import { registry } from '@ringshop/service-defaults';
import { Kafka } from 'kafkajs';
import { expect, it } from 'vitest';
import { DeadLetters } from './dead-letters.ts';

it('has a count of 0 for each topic before its first letter, which is an increase then', async () => {
  new DeadLetters({ kafka: new Kafka({ brokers: ['127.0.0.1:1'] }), topics: ['watched.commands'] });
  const { values } = await registry.getSingleMetric('ringshop_messages_dead_lettered_total')!.get();
  expect(values).toMatchObject([{ labels: { topic: 'watched.commands' }, value: 0 }]);
});
