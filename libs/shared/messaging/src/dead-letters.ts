import { UnreadableMessage } from '@ringshop/contracts';
import type { Logger } from '@ringshop/service-defaults';
import kafkajs, { type IHeaders, type Kafka, type KafkaMessage } from 'kafkajs';
import { deadLetterTopicOf, letterHeaders } from './letter.ts';
import { deadLettered } from './metrics.ts';
import { portions } from './portions.ts';
import { isTooLarge, Sender } from './sender.ts';

/** A record that cannot be handled, and why. */
export interface DeadLetter {
  record: KafkaMessage;
  topic: string;
  partition: number;
  cause: unknown;
  /** Handler calls that had it in their batch and failed. */
  attempts: number;
}

export interface DeadLettersOptions {
  kafka: Kafka;
  logger?: Logger | undefined;
  topics?: readonly string[];
}

/** How much larger a record may be in the dead letter topic than in its source: our headers, a record's framing. */
export const deadLetterRoomBytes = 8_192;

const maxCauseLength = 1_000;

const portion = { maxItems: 200, maxBytes: 500_000 };
const bytesOf = ({ record: { key, value, headers = {} } }: DeadLetter) =>
  (key?.length ?? 0) +
  (value?.length ?? 0) +
  Object.values(headers)
    .flat()
    .reduce<number>((sum, one) => sum + (one?.length ?? 0), 0);

/**
 * Moves records to `<topic>.dlq`: key, value and headers byte for byte, and headers that say where they came from and why.
 *
 * Guaranteed: when `move` resolves every one of them is stored; it does not reject because of what is in them. They go
 * compressed, and a large one by itself: a record as large as its topic admits must fit, and may have arrived compressed.
 */
export class DeadLetters {
  readonly #sender: Sender;
  readonly #logger: Logger | undefined;

  /** @param options `topics`: where letters may come from */
  constructor({ kafka, logger, topics = [] }: DeadLettersOptions) {
    this.#sender = new Sender({ kafka, logger, deadlineMs: 10_000 });
    this.#logger = logger;
    // One letter has to be seen by whoever watches for an increase.
    for (const topic of topics) deadLettered.inc({ topic }, 0);
  }

  /** Takes each letter off the list once it is stored: after an error the rest can be moved again. */
  async move(letters: DeadLetter[]): Promise<void> {
    for (const together of [...portions(letters, bytesOf, portion)]) {
      await this.#store(together);
      letters.splice(0, together.length);
      for (const { topic, partition, record, cause } of together) {
        deadLettered.inc({ topic });
        this.#logger?.error({ topic, partition, offset: record.offset, cause: kindOf(cause) }, 'dead letter');
      }
    }
  }

  async #store(letters: readonly DeadLetter[]): Promise<void> {
    const moved = letters.map((letter) => {
      const { key, value } = letter.record;
      return { topic: deadLetterTopicOf(letter.topic), key, value, headers: headersOf(letter) };
    });
    try {
      await this.#sender.send(moved, kafkajs.CompressionTypes.GZIP);
    } catch (error) {
      if (letters.length === 1 || !isTooLarge(error)) throw error;
      // Its topic may admit less than a portion; it admits each of them.
      const half = letters.length >> 1;
      await this.#store(letters.slice(0, half));
      await this.#store(letters.slice(half));
    }
  }

  disconnect(): Promise<void> {
    return this.#sender.disconnect();
  }
}

function headersOf({ record, topic, partition, cause, attempts }: DeadLetter): IHeaders {
  return {
    ...record.headers,
    [letterHeaders.cause]: causeOf(cause),
    [letterHeaders.attempts]: String(attempts),
    [letterHeaders.topic]: topic,
    [letterHeaders.partition]: String(partition),
    [letterHeaders.offset]: record.offset,
    [letterHeaders.at]: new Date().toISOString(),
  };
}

/** For the log, where no payload may go: other errors than ours quote what they did not like. The header tells it all. */
const kindOf = (error: unknown): string =>
  error instanceof UnreadableMessage ? error.message : error instanceof Error ? error.name : typeof error;

/** The messages of an error and of its causes; it stays with the payload that they may quote. */
function causeOf(error: unknown): string {
  const texts: string[] = [];
  for (let at = error; at !== undefined && texts.length < 4; at = at instanceof Error ? at.cause : undefined) {
    texts.push(at instanceof Error ? `${at.name}: ${at.message}` : String(at));
  }
  return texts.join(' < ').slice(0, maxCauseLength);
}
