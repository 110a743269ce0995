import { describe, expect, it } from 'vitest';
import { givenPerformance, givenShards } from '../scale/given-scale.kit.ts';
import { assumed, numberOf, usualAssumptions } from './assumptions.ts';
import { type Capacity, capacity } from './capacity.ts';
import { capacityText, ratesTable } from './capacity-text.ts';
import { figuresOf } from './figures.ts';
import { firstLimit, partsOf } from './parts.ts';

const figures = figuresOf(givenPerformance());
const at = (orders: number, options: Record<string, string> = {}, shards?: number) =>
  capacity(orders, partsOf(figures, assumed(options)), shards);
const need = ({ needs }: Capacity, name: string) => needs.find(({ part }) => part.name === name)!;

describe('what a rate needs', () => {
  it('is one of each for a small one, and as many brokers as there are copies', () => {
    const small = at(100);
    expect(small).toMatchObject({ shards: 1, replicas: 1, partitions: 6, problems: [] });
    expect(small.needs.map(({ count }) => count)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 3]);
  });

  it('is CPU of an order times the rate, in cores, with every copy of a message', () => {
    // 0.2 gateway, 0.4 order, 0.1 inventory, 0.1 payment, 0.01 Redis, 0.4 databases, and 3 × 0.1 for Kafka.
    expect(at(10_000).cores).toBeCloseTo(15.1);
    expect(need(at(10_000), 'gateway')).toMatchObject({ cores: 2, count: 4, because: 'CPU' });
  });

  it('leaves room: half of the utilisation is twice the processes', () => {
    expect(need(at(9_000), 'gateway').count).toBe(3);
    expect(need(at(9_000, { utilisation: '0.3' }), 'gateway').count).toBe(6);
  });

  it('shares six partitions out evenly, and asks for more of them beyond that', () => {
    expect(need(at(20_000), 'inventory').count).toBe(6); // four would do
    expect(at(36_000).partitions).toBe(6);
    const beyond = at(36_001);
    expect(beyond.partitions).toBe(7);
    expect(beyond.problems.join()).toContain('7 partitions a topic');
  });

  it('has shards enough that six processes of each do the work, and the number of shards that it is told', () => {
    expect(at(9_000)).toMatchObject({ shards: 1, replicas: 6 });
    expect(at(9_001)).toMatchObject({ shards: 2, replicas: 6 });
    expect(at(9_000, {}, 3)).toMatchObject({ shards: 3, replicas: 2, problems: [] });
  });

  it('counts order databases by what they run out of first', () => {
    const orderDatabase = (options: Record<string, string>) => need(at(6_000, options), 'order database');
    expect(orderDatabase({ commits: '100' })).toMatchObject({ count: 5, because: 'commits' });
    expect(orderDatabase({ 'database-cores': '1' })).toMatchObject({ count: 2, because: 'CPU' });
    expect(orderDatabase({ 'disk-mb': '10' })).toMatchObject({ count: 2, because: 'WAL' });
    expect(at(6_000, { commits: '100' }, 4).problems.join()).toContain('their databases need 5');
  });

  it('says no when the one inventory database is full, and at which rate that is', () => {
    const most = firstLimit(partsOf(figures, usualAssumptions).find(({ name }) => name === 'inventory database')!);
    expect(most).toEqual({ of: 'commits', carries: 40_000 });
    expect(at(40_000).problems.join()).not.toContain('inventory database');
    expect(at(40_001).problems.join()).toContain(
      'there is one inventory database, and it carries 40000 orders/s (commits)',
    );
  });

  it('counts brokers by CPU, disk and network, copies included', () => {
    const brokers = (options: Record<string, string>) => need(at(10_000, options), 'Kafka broker');
    expect(brokers({ 'broker-cores': '1' })).toMatchObject({ count: 5, because: 'CPU' });
    expect(brokers({ 'disk-mb': '50' })).toMatchObject({ count: 5, because: 'disk' });
    expect(brokers({ 'network-mb': '50' })).toMatchObject({ count: 5, because: 'network' });
  });
});

describe('the figures', () => {
  it('come from the run with the most shards', () => {
    expect(figures.shards).toBe(4);
    expect(figures.cpuMs.order).toBeCloseTo(0.4);
  });

  it('are named, in one line, when one is missing', () => {
    const without = (more: object) => () => figuresOf(givenPerformance([givenShards(4, more)]));
    expect(() => figuresOf({})).toThrow(/no run of scale: npm run bench -- scale --save$/);
    expect(without({ parts: { kafka: 1 } })).toThrow('does not tell the CPU-ms of gateway of an order');
    expect(without({ messageBytesPerOrder: undefined })).toThrow('does not tell the message bytes');
    expect(without({ databases: undefined })).toThrow('does not tell the CPU-ms of the order database');
  });
});

it('the table marks what setup does not make, as it marks what there is only one of', () => {
  const row = (orders: number, name: string) =>
    ratesTable([at(orders)]).rows.find(([first]) => first === name)![1] as string | number;
  expect([row(36_000, 'partitions a topic'), row(36_001, 'partitions a topic')]).toEqual([
    6,
    '**no: 7, setup makes 6**',
  ]);
  expect([row(576_000, 'shards'), row(576_001, 'shards')]).toEqual([64, '**no: 65, setup makes 64**']);
  expect(row(40_001, 'inventory database')).toBe('**no: 40,000/s at most**');
});

it.each(['x', '', '0', '-1', '1e3', '1.5'])('a number of shards is not "%s"', (text) => {
  expect(() => numberOf('shards', text, { least: 1, most: 64, whole: true })).toThrow(
    `--shards takes a whole number from 1 to 64, not "${text}"`,
  );
});

it('the command’s output states each assumption with its value, and what stands in the way', () => {
  const { text, possible } = capacityText(100_000, figures, assumed({ 'disk-mb': '123' }));
  expect(text).toContain('--disk-mb 123: ');
  expect(text).toContain('--utilisation 0.6: ');
  expect(text).toContain('✗ there is one Redis');
  expect(possible).toBe(false);
  expect(capacityText(1_000, figures, usualAssumptions).possible).toBe(true);
});
