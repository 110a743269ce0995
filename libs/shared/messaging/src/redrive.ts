import { failpoint, type Logger } from '@ringshop/service-defaults';
import kafkajs, { type IHeaders, type Kafka } from 'kafkajs';
import { type Letter, letterHeaders, type PlacedRecord, readLetter } from './letter.ts';
import { portions } from './portions.ts';
import { isTooLarge, type Record, Sender } from './sender.ts';

/**
 * How old a message may be to be re-driven. Shorter than what consumers remember (inbox rows and tombstones are kept for
 * 14 days, docs/retention.md): a message that had its effect before it died must still be recognised when it comes again.
 */
export const redriveWithinMs = 13 * 24 * 60 * 60 * 1000;

const portion = { maxItems: 100, maxBytes: 500_000 };
const bytesOf = ({ record: { value, key } }: PlacedRecord) => (value?.length ?? 0) + (key?.length ?? 0);

export interface Redriven {
  letter: Letter;
  /** Why it was not sent again; undefined when it was. */
  refused?: string;
}

interface ReadLetter {
  placed: PlacedRecord;
  letter: Letter;
}

/**
 * Sends dead letters again to the topic they came from, with the key, value and headers they had, and leaves a marker in
 * the dead letter topic. It decides nothing about what the message means: its consumer treats it as delivered once more.
 *
 * Guaranteed: a letter is marked only after Kafka has the message, so none is marked and lost. A crash in between leaves
 * no marker, the next re-drive sends the message once more, and consumers, who know its id or its effect, pass over it.
 */
export class Redrive {
  readonly #sender: Sender;

  constructor({ kafka, logger }: { kafka: Kafka; logger?: Logger }) {
    this.#sender = new Sender({ kafka, logger, deadlineMs: 10_000 });
  }

  /** In the order given. @throws when Kafka does not take them; those already answered for have gone */
  async *send(letters: readonly PlacedRecord[], now = Date.now()): AsyncGenerator<Redriven> {
    for (const together of portions(letters, bytesOf, portion)) {
      const read = together.map((placed) => ({ placed, letter: readLetter(placed) }));
      const refused = read.map(({ letter }) => refusal(letter, now));
      const wanted = read.filter((_, at) => refused[at] === undefined);
      const tooLarge = new Set(wanted.length > 0 ? await this.#sendPortion(wanted) : []);
      for (const [at, one] of read.entries()) {
        const { letter } = one;
        const why =
          refused[at] ?? (tooLarge.has(one) ? 'its topic does not take a record of this size again' : undefined);
        yield { letter, ...(why && { refused: why }) };
      }
    }
  }

  /** @returns those that are too large for where they came from, each by itself */
  async #sendPortion(letters: readonly ReadLetter[]): Promise<readonly ReadLetter[]> {
    try {
      await this.#sender.send(letters.map(messageOf), kafkajs.CompressionTypes.GZIP);
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      if (letters.length === 1) return letters;
      const half = letters.length >> 1;
      const first = await this.#sendPortion(letters.slice(0, half));
      return [...first, ...(await this.#sendPortion(letters.slice(half)))];
    }
    failpoint('redrive.sent');
    await this.#sender.send(letters.map(markerOf));
    return [];
  }

  close(): Promise<void> {
    return this.#sender.disconnect();
  }
}

function refusal({ origin, since }: Letter, now: number): string | undefined {
  if (!origin) return 'where it came from is not known';
  if (now - since > redriveWithinMs) {
    return `it is from ${new Date(since).toISOString()}: too old for its consumer to know whether it had its effect`;
  }
  return undefined;
}

function messageOf({ placed: { record }, letter: { origin, redrives } }: ReadLetter) {
  const ours: string[] = Object.values(letterHeaders);
  const original = Object.entries(record.headers ?? {}).filter(([name]) => !ours.includes(name));
  const headers: IHeaders = { ...Object.fromEntries(original), [letterHeaders.redrives]: String(redrives + 1) };
  return { topic: origin!.topic, key: record.key, value: record.value, headers };
}

const markerOf = ({ placed: { topic, partition, record }, letter: { id } }: ReadLetter) =>
  ({ topic, partition, key: record.key, value: null, headers: { [letterHeaders.redriven]: id } }) satisfies Record;
