import { cloudEventOf, contentType, inventoryCommandsTopic, orderRepliesTopic } from '@ringshop/contracts';
import { CommandFailed, connectKafka } from '@ringshop/operator';
import { newOrderId } from '@ringshop/placement';
import type { Consumer, Message, Producer } from 'kafkajs';

export interface Answers {
  /** Units of each SKU that buyers were promised. */
  reserved: Map<string, number>;
  refused: number;
  /** Milliseconds from a command to its answer, in the order of the answers. */
  latencies: number[];
  /** What each of those commands wanted. */
  skuOf: string[];
}

interface Asked {
  sku: string;
  at: number;
}

const partitions = 6;
const patienceMs = 20_000;

/**
 * Plays the order service: reserve-stock commands for one unit each go straight into the topic, a fixed number of them
 * unanswered at any moment, so that inventory sets the pace. Nothing but inventory is measured.
 */
export class StockLoad {
  readonly #inFlight: number;
  readonly #signal: AbortSignal;
  readonly #producer: Producer;
  readonly #consumer: Consumer;
  readonly #replyTopic: string;
  readonly #asked = new Map<string, Asked>();
  #waiting: Message[] = [];
  #sending = false;
  /** So far, of all runs. */
  #answers = 0;
  #answered: (order: Asked, reply: string) => void = () => undefined;
  #failed: (error: Error) => void = () => undefined;

  /** @param shard whose topic of replies is free to use: the shard itself must not run */
  constructor(options: { brokers: string[]; shard: string; inFlight: number; signal: AbortSignal }) {
    const { brokers, shard, inFlight, signal } = options;
    const kafka = connectKafka(brokers);
    this.#inFlight = inFlight;
    this.#signal = signal;
    this.#replyTopic = orderRepliesTopic(shard);
    this.#producer = kafka.producer({ allowAutoTopicCreation: false, maxInFlightRequests: 1 });
    this.#consumer = kafka.consumer({ groupId: 'bench', maxWaitTimeInMs: 100, allowAutoTopicCreation: false });
  }

  async open(): Promise<void> {
    await Promise.all([this.#producer.connect(), this.#consumer.connect()]);
    await this.#consumer.subscribe({ topic: this.#replyTopic, fromBeginning: true });
    await this.#consumer.run({
      partitionsConsumedConcurrently: partitions,
      eachBatch: async ({ batch }) => {
        for (const { value } of batch.messages) this.#read(value!.toString());
      },
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.#producer.disconnect(), this.#consumer.disconnect()]);
  }

  /** Asks for one unit `orders` times, for each of the SKUs equally often, and resolves when all of them are answered. */
  async reserve(skus: readonly string[], orders: number): Promise<Answers> {
    const answers: Answers = { reserved: new Map(), refused: 0, latencies: [], skuOf: [] };
    // In turn, SKUs and partitions could go in step, and each replica would have SKUs of its own.
    const wanted = shuffled(Array.from({ length: orders }, (_, index) => skus[index % skus.length]!));
    let next = 0;
    const ask = () => this.#ask(wanted[next]!, next++);
    await this.#untilDone((done) => {
      this.#answered = ({ sku, at }, reply) => {
        answers.latencies.push(performance.now() - at);
        answers.skuOf.push(sku);
        if (reply === 'out-of-stock') answers.refused++;
        else if (reply === 'stock-reserved') answers.reserved.set(sku, (answers.reserved.get(sku) ?? 0) + 1);
        else this.#failed(new CommandFailed(`a reserve-stock was answered with ${reply}`));
        if (next < orders) ask();
        else if (this.#asked.size === 0) done();
      };
      while (next < Math.min(this.#inFlight, orders)) ask();
    });
    return answers;
  }

  #ask(sku: string, number: number): void {
    const orderId = newOrderId(number % 4096);
    this.#asked.set(orderId, { sku, at: performance.now() });
    const event = cloudEventOf({
      name: 'reserve-stock',
      source: '/bench',
      subject: orderId,
      data: { lines: [{ sku, quantity: 1 }] },
      replyto: this.#replyTopic,
      // As the order service asks: without it nobody is in a hurry, and the answer waits for others to go with.
      expiresat: new Date(Date.now() + patienceMs).toISOString(),
    });
    // In turn and not by key: replicas that share the partitions evenly have equal work.
    const partition = number % partitions;
    const headers = { 'content-type': contentType };
    this.#waiting.push({ key: orderId, value: JSON.stringify(event), partition, headers });
    if (!this.#sending) void this.#send();
  }

  /** One batch under way at a time; the next one is whatever is waiting by then. */
  async #send(): Promise<void> {
    this.#sending = true;
    try {
      // The loop that asks is not through yet: what it asks for in this turn belongs into the same batch.
      await undefined;
      while (this.#waiting.length > 0) {
        const messages = this.#waiting;
        this.#waiting = [];
        await this.#producer.send({ topic: inventoryCommandsTopic, messages, acks: -1 });
      }
    } catch (error) {
      this.#failed(error as Error);
    } finally {
      this.#sending = false;
    }
  }

  #read(value: string): void {
    const { subject, type } = JSON.parse(value) as { subject: string; type: string };
    const order = this.#asked.get(subject);
    // A repeated answer: delivery is at least once.
    if (!order) return;
    this.#asked.delete(subject);
    this.#answers++;
    this.#answered(order, type.split('.')[1]!);
  }

  /** Resolves with `done`, rejects when something fails, the user gives up, or no answer comes any more. */
  #untilDone(start: (done: () => void) => void): Promise<void> {
    this.#signal.throwIfAborted();
    this.#asked.clear();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#failed = reject;
    const giveUp = () => reject(this.#signal.reason as Error);
    this.#signal.addEventListener('abort', giveUp, { once: true });
    let seen = this.#answers;
    const watch = setInterval(() => {
      if (this.#answers === seen) reject(new CommandFailed(`${this.#asked.size} commands stay without an answer`));
      seen = this.#answers;
    }, patienceMs);
    start(resolve);
    return promise.finally(() => {
      clearInterval(watch);
      this.#signal.removeEventListener('abort', giveUp);
    });
  }
}

/** Fisher and Yates. */
function shuffled<T>(items: T[]): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [items[last], items[other]] = [items[other]!, items[last]!];
  }
  return items;
}
