import { eventually } from '@ringshop/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Outgoing } from './message.ts';
import { type Bench, idsOf, openBench, outgoing, readTopic, topicPair } from './messaging.kit.ts';
import { Outbox, type Tx } from './outbox.ts';

let bench: Bench;
let topic: string;
beforeAll(async () => {
  bench = await openBench();
  topic = await topicPair('outbox');
  await bench.pool.query('CREATE TABLE effects (name text PRIMARY KEY)');
});
afterEach(() => bench.stopRelays());
afterAll(() => bench.close());

const idsIn = (messages: readonly Outgoing[]) => messages.map(({ event }) => event.id).sort();
const effect = (tx: Tx, name: string) => tx.query('INSERT INTO effects VALUES ($1)', [name]);
const published = async (count: number) => idsOf(await readTopic(bench.kafka, topic, { expect: count }));

describe('outbox', () => {
  it('publishes what a committed transaction published, once in a quiet world, and is empty afterwards', async () => {
    const topic = await topicPair('outbox');
    const relay = bench.relay();
    const outbox = new Outbox({ pool: bench.pool, relay });
    const messages = outgoing(topic, 5);
    const answer = await outbox.transaction(async (tx) => {
      tx.publish(messages.slice(0, 2));
      await effect(tx, 'committed');
      tx.publish(messages.slice(2));
      return 42;
    });
    expect(answer).toBe(42);
    await relay.flush();
    const records = await readTopic(bench.kafka, topic, { expect: 5 });
    expect(idsOf(records).sort()).toEqual(idsIn(messages));
    expect(records.map(({ key }) => String(key)).sort()).toEqual(messages.map(({ event }) => event.subject).sort());
    expect(Object.keys(records[0]!.headers!)).toEqual(['content-type']);
    expect(await bench.rowsLeft()).toBe(0);
  });

  it('publishes nothing of a transaction that rolled back, and leaves no trace of it', async () => {
    const relay = bench.relay();
    const outbox = new Outbox({ pool: bench.pool, relay });
    const refused = outbox.transaction(async (tx) => {
      tx.publish(outgoing(topic, 3));
      await effect(tx, 'rolled back');
      throw new Error('changed my mind');
    });
    await expect(refused).rejects.toThrow('changed my mind');
    await relay.flush();
    expect(await published(0)).toEqual([]);
    const { rows } = await bench.pool.query("SELECT 1 FROM effects WHERE name = 'rolled back'");
    expect(rows).toEqual([]);
  });

  it('rejects when a statement failed and the work went on as if it had not', async () => {
    const relay = bench.relay();
    const outbox = new Outbox({ pool: bench.pool, relay });
    const careless = (publish: Outgoing[]) =>
      outbox.transaction(async (tx) => {
        await effect(tx, 'careless');
        await tx.query('SELECT 1 / 0').catch(() => undefined);
        tx.publish(publish);
      });
    await expect(careless([])).rejects.toThrow('rolled back');
    await expect(careless(outgoing(topic))).rejects.toThrow('division by zero');
    await relay.flush();
    expect(await published(0)).toEqual([]);
  });

  it('tells the reason, whichever of the statements under way together is heard of first', async () => {
    const outbox = new Outbox({ pool: bench.pool, relay: bench.relay() });
    const refused = outbox.transaction(async (tx) => {
      const later = async (asked: Promise<unknown>) => {
        await asked.catch(async (error) => {
          await new Promise((next) => setImmediate(next));
          throw error;
        });
      };
      await Promise.all([later(tx.query('SELECT 1 / 0')), effect(tx, 'behind it')]);
    });
    await expect(refused).rejects.toMatchObject({ code: '22012' });
  });

  it('sends the last statements with COMMIT, behind all others; one that fails takes everything with it', async () => {
    const outbox = new Outbox({ pool: bench.pool, relay: bench.relay() });
    const entry = (name: string) => ({ text: 'INSERT INTO effects VALUES ($1)', values: [name] });
    const run = (messages: Outgoing[], first: string, last: { text: string }[]) =>
      outbox.transaction(async (tx) => {
        for (const query of last) tx.last(query);
        tx.publish(messages);
        await effect(tx, first);
      });
    for (const messages of [[], outgoing(await topicPair('last'))]) {
      const of = `last, ${messages.length} messages`;
      const broken = run(messages, `${of}: a`, [entry(`${of}: b`), { text: 'SELECT 1 / 0' }, entry(`${of}: c`)]);
      await expect(broken).rejects.toThrow('division by zero');
      await run(messages, `${of}: d`, [entry(`${of}: e`)]);
    }
    const { rows } = await bench.pool.query("SELECT right(name, 1) AS end FROM effects WHERE name LIKE 'last,%'");
    expect(rows.map(({ end }) => end)).toEqual(['d', 'e', 'd', 'e']);
  });

  it('gives the ids of sent rows back when the transaction that would delete them rolls back', async () => {
    const relay = bench.relay();
    const outbox = new Outbox({ pool: bench.pool, relay });
    relay.giveBack([-1]);
    const sent = () => {
      const ids = relay.takeSent();
      relay.giveBack(ids);
      return ids;
    };
    const conflict = outbox.transaction(async (tx) => {
      tx.publish(outgoing(topic));
      await tx.query('CREATE TABLE twice ()');
      await tx.query('CREATE TABLE twice ()').catch(() => undefined);
    });
    await expect(conflict).rejects.toThrow();
    expect(sent()).toEqual([-1]);
    await relay.flush();
    expect(sent()).toEqual([]);
  });

  it('survives the loss of its connection in the middle of the work', async () => {
    const relay = bench.relay();
    const outbox = new Outbox({ pool: bench.pool, relay });
    const cut = outbox.transaction(async (tx) => {
      const { rows } = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await bench.pool.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
      await eventually(async () => (await tx.query('SELECT 1').catch((error: Error) => error)) instanceof Error);
      await tx.query('SELECT 1');
    });
    await expect(cut).rejects.toThrow();
    await outbox.transaction(async (tx) => void (await effect(tx, 'after the loss')));
  });

  it('refuses a message that no broker would take, before it can block those behind it', async () => {
    const outbox = new Outbox({ pool: bench.pool, relay: bench.relay() });
    const [huge] = outgoing(topic);
    huge!.event.data = 'é'.repeat(460_000);
    await expect(outbox.transaction(async (tx) => tx.publish([huge!]))).rejects.toThrow(RangeError);
  });
});
