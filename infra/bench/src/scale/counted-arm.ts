import type { Arm, Outcome, Work } from '../arms/arm.ts';
import { type ByDatabase, readSessions, workBetween } from '../arms/database-counters.ts';
import { readMessages } from '../arms/kafka-counters.ts';

/** What one stretch left behind in Kafka, and how PostgreSQL's work was divided. */
export interface Traces {
  orders: number;
  messages: number;
  messageBytes: number;
  databases: ByDatabase;
}

/** An arm that also counts messages, and what each kind of database does. The readings are a few queries a stretch. */
export class CountedArm implements Arm {
  readonly name: string;
  readonly title: string;
  readonly settings: string[];
  readonly postgres: NonNullable<Arm['postgres']>;
  readonly traces: Traces[] = [];
  readonly #arm: Arm & Required<Pick<Arm, 'postgres' | 'kafka'>>;

  constructor(arm: Arm) {
    const { postgres, kafka } = arm;
    if (!postgres || !kafka) throw new Error(`${arm.name} has no PostgreSQL or no Kafka to count at`);
    this.#arm = Object.assign(arm, { postgres, kafka });
    this.name = arm.name;
    this.title = arm.title;
    this.settings = arm.settings;
    this.postgres = postgres;
  }

  async run(work: Work): Promise<Outcome> {
    const before = await this.#read();
    const outcome = await this.#arm.run(work);
    const after = await this.#read();
    this.traces.push({
      orders: outcome.completed,
      messages: after.messages - before.messages,
      messageBytes: after.bytes - before.bytes,
      databases: workBetween(before, after),
    });
    return outcome;
  }

  pids() {
    return this.#arm.pids();
  }

  checkBooks() {
    return this.#arm.checkBooks();
  }

  close() {
    return this.#arm.close();
  }

  async #read() {
    const [messages, sessions] = await Promise.all([readMessages(this.#arm.kafka), readSessions(this.postgres)]);
    return { ...messages, ...sessions };
  }
}
