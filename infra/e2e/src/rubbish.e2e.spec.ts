import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { zstdCompressSync } from 'node:zlib';
import { cloudEventOf, commands } from '@ringshop/contracts';
import { connectKafka, readTopics } from '@ringshop/operator';
import { counted, eventually, pause, resume } from '@ringshop/testing';
import kafkajs, { type Admin, type Message, type RecordMetadata } from 'kafkajs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, operatorCommand } from './operator-command.ts';
import { litter, type Rubbish } from './rubbish.kit.ts';
import { Shop } from './shop.ts';

let shop: Shop;
/** Every topic, its dead letters included, and what was written there. */
const written = new Map<string, Rubbish[]>();

beforeAll(async () => {
  // An order that waits for rubbish to be written must not give up, and a paused member must not be replaced.
  const env = {
    order: { STEP_DEADLINE_MS: '60000' },
    inventory: { KAFKA_SESSION_TIMEOUT_MS: '30000', LIVENESS_GRACE_MS: '1000' },
  };
  shop = await Shop.open({ env });
});
afterAll(() => shop?.close());

interface Letter {
  id: string;
  origin: { topic: string } | null;
  inPlace: boolean;
  key: string | null;
  cause: string;
  redrives: number;
  redrivenAt: string | null;
}

const deadLetters = (...args: string[]): Promise<Ended> => operatorCommand(shop, 'dead-letters', args);

async function list(...args: string[]): Promise<Letter[]> {
  const { code, out, err } = await deadLetters('list', '--json', ...args);
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out);
}

const kafka = () => connectKafka(shop.status.kafka.brokers.split(','));

async function send(topic: string, messages: Message[], compression = kafkajs.CompressionTypes.None) {
  const producer = kafka().producer();
  await producer.connect();
  return producer.send({ topic, messages, compression }).finally(() => producer.disconnect());
}

async function withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka().admin();
  await admin.connect();
  return work(admin).finally(() => admin.disconnect());
}

async function allTopics(): Promise<string[]> {
  const topics = await withAdmin((admin) => admin.listTopics());
  return topics.filter((topic) => !topic.startsWith('__'));
}

describe('rubbish of many kinds, written straight to every topic', () => {
  it('keeps no order from its end, and gives none its answers twice', async () => {
    const customer = await shop.customer();
    const { pid } = await shop.system.part('inventory-1').status();
    pause(pid!);
    const place = () => Promise.all(Array.from({ length: 10 }, () => customer.place({ wait: 0 })));
    const neighbours = await place();
    for (const topic of await allTopics()) written.set(topic, await litter(shop, topic));
    neighbours.push(...(await place()));
    // What it finds now in one fetch is good and bad.
    resume(pid!);
    const next = await customer.place({ wait: 10 });
    expect(next.body.status).toBe('confirmed');
    const orderIds = new Set<string>(neighbours.map(({ body }) => body.orderId));
    for (const orderId of orderIds) {
      await eventually(async () => (await customer.get(`/v1/orders/${orderId}`)).body.status === 'confirmed');
    }
    await eventually(async () => (await answersTo(orderIds)).length >= 4 * orderIds.size);
    expect(new Set(await answersTo(orderIds)).size, 'an answer came twice').toBe(4 * orderIds.size);
    expect(await answersTo(orderIds)).toHaveLength(4 * orderIds.size);
  });

  it('was tried together with what is good, and found by halving', async () => {
    expect(await counted(shop.urlOf('inventory-1'), 'ringshop_batches_bisected_total')).toBeGreaterThan(0);
  });

  it('that is valid, about orders that nobody placed here, is answered, counted, and told once', async () => {
    const strays = () => counted(shop.urlOf('order-1'), 'ringshop_saga_stray_replies_total');
    const before = await strays();
    const stranger = { source: '/stranger', replyto: 'order.replies.order-1' };
    const amount = { amount: 100, currency: 'EUR' };
    const asked = commands
      // Nobody but a shard can seal a token; and a capture of money that nobody has authorised yet is pursued, not answered.
      .filter(({ name }) => name !== 'authorise-payment' && name !== 'capture-payment')
      .map(({ name, topic }) => {
        const data = name === 'reserve-stock' ? { lines: [{ sku: 'SKU-0001', quantity: 1 }] } : { amount };
        return { topic, event: cloudEventOf({ ...stranger, name, subject: randomUUID(), data }) };
      });
    const subject = randomUUID();
    const answer = cloudEventOf({ ...stranger, name: 'stock-released', subject, data: {} });
    const sent = [...asked, ...Array(2).fill({ topic: stranger.replyto, event: answer })];
    for (const { topic, event } of sent) await send(topic, [{ key: event.subject, value: JSON.stringify(event) }]);
    await eventually(async () => (await strays()) === before + asked.length + 2);
    const log = await readFile(`${shop.status.logs}/order-1.log`, 'utf8');
    expect(log.split('\n').filter((line) => line.includes(subject))).toHaveLength(1);
  });

  it('is listed piece by piece with its cause, whatever the topic, and lies in no outbox', async () => {
    expect(written.size).toBe(10);
    const pieces = [...written].flatMap(([topic, rubbish]) => rubbish.map((piece) => ({ topic, ...piece })));
    const found = await eventually(async () => {
      const letters = await list();
      return letters.length >= pieces.length ? letters : undefined;
    });
    const missing = pieces.filter((piece) => !found.some((letter) => tellsOf(letter, piece)));
    expect(missing.map(({ topic, kind }) => `${topic}: ${kind}`)).toEqual([]);
    expect(found).toHaveLength(pieces.length);
    await shop.adds();
  });

  it('is shown and listed as text that no terminal can be led astray by', async () => {
    // The same bytes were written straight among the dead letters, too: that one came from nowhere.
    const put = (await list('--topic', 'payment.commands')).filter(({ cause }) => cause.includes('not JSON'));
    const { id } = put.find(({ key }) => key === 'binary')!;
    const { code, out } = await deadLetters('show', id);
    expect(code).toBe(0);
    expect(out).toContain('7 bytes \\u{fffd}\\u{0}\\u{1b}[31m');
    expect(out).toMatch(/came from +payment\.commands\/\d\/\d+/);
    expect(out).toMatch(/header dlq-cause +UnreadableMessage: not JSON/);
    const text = (await deadLetters('list')).out;
    expect(text).not.toMatch(/[^\P{C}\n]/u);
    expect(text.split('\n').length).toBeGreaterThan(100);
  });
});

describe('a re-drive', () => {
  it('gives a message its effect once, though it is sent twice, since a crash took the first marker away', async () => {
    const customer = await shop.customer();
    const url = Object.assign(new URL(shop.status.postgres.url), { pathname: '/inventory' });
    const inventory = new pg.Client(url.href);
    await inventory.connect();
    try {
      await inventory.query(notToday);
      const { body } = await customer.place({ wait: 10 });
      expect(body.status).toBe('confirmed');
      const letter = await eventually(() => list().then((all) => all.find(({ key }) => key === body.orderId)));
      expect(letter.cause).toContain('not today');
      await inventory.query('DROP TRIGGER not_today ON reservations');

      const redrive = (env?: Record<string, string>) =>
        operatorCommand(shop, 'dead-letters', ['redrive', '--id', letter.id], env);
      const crashed = await redrive({ RINGSHOP_FAILPOINTS: 'redrive.sent=kill@1' });
      expect(crashed).toMatchObject({ code: null, err: 'failpoint redrive.sent: kill\n' });
      const sold = `SELECT FROM reservations WHERE order_id = $1 AND state = 'COMMITTED'`;
      await eventually(async () => (await inventory.query(sold, [body.orderId])).rowCount === 1);
      expect(await redrive()).toMatchObject({
        code: 0,
        out: expect.stringContaining('sent again to inventory.commands'),
      });
      expect(await redrive()).toMatchObject({ code: 0, out: expect.stringContaining('nothing done') });
      // The first answer ended the saga; that of the repeat fits nothing any more, and is one all the same.
      await eventually(async () => (await answersTo(new Set([body.orderId]))).length === 5);
      expect((await list('--all')).find(({ id }) => id === letter.id)?.redrivenAt).toEqual(expect.any(String));
      expect((await list()).find(({ id }) => id === letter.id)).toBeUndefined();
    } finally {
      await inventory.end();
    }
    await shop.adds();
  });

  it('of everything sends each letter once, tells which it refuses and why, and shows what dies again', async () => {
    const before = await list();
    const { code, out } = await deadLetters('redrive', '--json');
    const done = JSON.parse(out) as { id: string; to?: string; refused?: string }[];
    expect(code).toBe(1);
    const why = (letter: Letter) => done.find(({ id }) => id === letter.id)?.refused;
    for (const letter of before) {
      if (letter.inPlace) expect(why(letter)).toBeUndefined();
      else if (!letter.origin) expect(why(letter)).toBe('where it came from is not known');
      else expect(why(letter) ?? '').toMatch(letter.key?.startsWith('as large') ? /record of this size/ : /^$/);
    }
    const sent = done.filter((one) => one.to);
    expect(done).toHaveLength(before.filter(({ inPlace }) => !inPlace).length);
    const again = await eventually(async () => {
      const letters = (await list()).filter(({ redrives }) => redrives === 1);
      return letters.length === sent.length ? letters : undefined;
    });
    expect(again.map(({ key, cause }) => `${key} ${cause}`).sort()).toEqual(
      before
        .filter(({ id }) => sent.some((one) => one.id === id))
        .map(({ key, cause }) => `${key} ${cause}`)
        .sort(),
    );
    await shop.adds();
  });

  it('of a record that lies in order.events is refused, since nobody put it aside', async () => {
    const [{ id }] = (await list()).filter(({ inPlace }) => inPlace) as [Letter];
    const { code, out } = await deadLetters('redrive', '--id', id);
    expect([code, out.split('\n')[0]]).toEqual([1, `${id}  refused: it lies in the topic it was written to`]);
  });

  it.each([
    [['redrive', '--id', 'order.events/0/987654'], 'there is no dead letter order.events/0/987654'],
    [['redrive', '--topic', 'order.evnts'], 'there is no topic order.evnts; there are '],
    [['redrive', '--id', 'x', '--topic', 'order.events'], 'redrive takes --topic or --id'],
    [['show', 'rubbish'], 'the id of a dead letter is <topic>/<partition>/<offset>'],
    [['list', '--id', 'x'], 'list takes no --id'],
  ])('%j is refused in one line', async (args, line) => {
    const { code, out, err } = await deadLetters(...args);
    expect([code, out]).toEqual([2, '']);
    expect(err.startsWith(`dead-letters: ${line}`), err).toBe(true);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  });
});

/** A fault in one place, of a kind that does not pass by being tried again: what was held is not sold. */
const notToday = `
  CREATE FUNCTION not_today() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not today'; END $$;
  CREATE TRIGGER not_today BEFORE UPDATE ON reservations FOR EACH ROW
    WHEN (NEW.state = 'COMMITTED') EXECUTE FUNCTION not_today()`;

describe('a consumer that dies for good', () => {
  it('turns liveness red, ends its process, and is started again until it can read on', async () => {
    const part = () => shop.system.part('inventory-1').status();
    const topic = { type: kafkajs.ConfigResourceTypes.TOPIC, name: 'inventory.commands' };
    const stored = (value: string) =>
      withAdmin((admin) =>
        admin.alterConfigs({
          validateOnly: false,
          resources: [{ ...topic, configEntries: [{ name: 'compression.type', value }] }],
        }),
      );
    // Setup has the broker store records uncompressed; without that a stranger can send what kafkajs cannot read.
    await stored('producer');
    const [{ partition, baseOffset }] = (await sendZstd(topic.name)) as [RecordMetadata];
    await eventually(async () => (await fetch(`${shop.urlOf('inventory-1')}/health/live`)).status === 503, {
      within: 30_000,
    });
    await eventually(async () => (await part()).restarts > 0, { within: 30_000 });
    await stored('uncompressed');
    const behind = String(BigInt(baseOffset!) + 1n);
    await withAdmin(async (admin) => {
      // Else kafkajs does not know whom to ask.
      await admin.fetchTopicOffsets(topic.name);
      await admin.deleteTopicRecords({ topic: topic.name, partitions: [{ partition, offset: behind }] });
    });
    const customer = await shop.customer();
    expect((await customer.place({ wait: 0 })).status).toBe(202);
    await eventually(async () => (await part()).state === 'ready', { within: 30_000 });
    await shop.adds();
  });
});

function tellsOf(letter: Letter, { topic, kind, cause }: Rubbish & { topic: string }): boolean {
  if ((letter.key ?? '') !== kind) return false;
  if (topic.endsWith('.dlq')) return letter.origin === null && letter.id.startsWith(`${topic}/`);
  const says = typeof cause === 'string' ? letter.cause.includes(cause) : cause.test(letter.cause);
  return says && letter.origin?.topic === topic && letter.inPlace === (topic === 'order.events');
}

/** What participants answered about these orders, by order and name. */
async function answersTo(orderIds: ReadonlySet<string>): Promise<string[]> {
  const answers: string[] = [];
  await readTopics(kafka(), ['order.replies.order-1', 'order.replies.order-2'], ({ key, value }) => {
    const orderId = key?.toString() ?? '';
    if (orderIds.has(orderId)) answers.push(`${orderId} ${JSON.parse(value!.toString()).type}`);
  });
  return answers;
}

/** With a codec that kafkajs lacks, for as long as this takes. */
async function sendZstd(topic: string): Promise<RecordMetadata[]> {
  const { ZSTD } = kafkajs.CompressionTypes;
  const lacking = kafkajs.CompressionCodecs[ZSTD]!;
  kafkajs.CompressionCodecs[ZSTD] = () => ({
    compress: async ({ buffer }: { buffer: Buffer }) => zstdCompressSync(buffer),
    decompress: async () => Promise.reject(new Error('is not read here')),
  });
  try {
    return await send(topic, [{ value: 'unreadable' }], ZSTD);
  } finally {
    kafkajs.CompressionCodecs[ZSTD] = lacking;
  }
}
