import type { Arm } from '../arms/arm.ts';
import { type ByDatabase, readSessions, workBetween } from '../arms/database-counters.ts';
import { readMessages } from '../arms/kafka-counters.ts';

/** What one stretch left behind in Kafka, and how PostgreSQL's work was divided. */
export interface Traces {
  orders: number;
  messages: number;
  messageBytes: number;
  databases: ByDatabase;
}

/** Reads before and after, outside of what is timed. @param stretch returns how many orders it took */
export async function traced(arm: Arm, stretch: () => Promise<number>): Promise<Traces> {
  const before = await readTraces(arm);
  const orders = await stretch();
  const after = await readTraces(arm);
  return {
    orders,
    messages: after.messages - before.messages,
    messageBytes: after.bytes - before.bytes,
    databases: workBetween(before, after),
  };
}

async function readTraces({ name, kafka, postgres }: Arm) {
  if (!postgres || !kafka) throw new Error(`${name} has no PostgreSQL or no Kafka to count at`);
  const [messages, sessions] = await Promise.all([readMessages(kafka), readSessions(postgres)]);
  return { ...messages, ...sessions };
}
