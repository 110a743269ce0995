import { commands, orderRepliesTopic } from '@ringshop/contracts';
import type { Kafka } from 'kafkajs';
import type { Incoming } from './message.ts';

const commandNames: ReadonlySet<string> = new Set(commands.map(({ name }) => name));
const orderId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** In the spelling of the database: another one would be another order to everything that compares texts. */
export const namesOrder = (text: string): boolean => orderId.test(text);

/**
 * What no handler should see, because it would find out too late: after a call to the provider, or with an answer that
 * no topic takes and that would wait in the outbox for ever.
 * @returns what is wrong; undefined for a message that can be handled
 */
export function whyUnanswerable({ name, event }: Pick<Incoming, 'name' | 'event'>): string | undefined {
  if (!namesOrder(event.subject)) return 'the subject is no order id';
  if (!commandNames.has(name)) return undefined;
  if (event.replyto === undefined) return `${name} names no topic for its answer`;
  if (!event.replyto.startsWith(orderRepliesTopic(''))) return 'replyto is no topic for replies';
  return undefined;
}

/** Which topics for replies there are: looked up when a name comes up that was not there the last time. */
export class ReplyTopics {
  readonly #kafka: Kafka;
  #there: ReadonlySet<string> = new Set();

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  /** @throws when Kafka cannot be asked */
  async missing(messages: readonly Pick<Incoming, 'event'>[]): Promise<ReadonlySet<string>> {
    const unknown = () =>
      new Set(
        messages
          .map(({ event }) => event.replyto)
          .filter((topic) => topic !== undefined && !this.#there.has(topic)) as string[],
      );
    if (unknown().size > 0) this.#there = await this.#list();
    return unknown();
  }

  async #list(): Promise<ReadonlySet<string>> {
    const admin = this.#kafka.admin({ retry: { retries: 2 } });
    try {
      await admin.connect();
      return new Set(await admin.listTopics());
    } finally {
      await admin.disconnect();
    }
  }
}
