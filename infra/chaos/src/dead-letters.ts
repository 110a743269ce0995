import { connectKafka, readTopics } from '@ringshop/operator';

/** Messages that were given up, as `<topic>: <cause>`. No fault of ours is a reason for any. */
export async function deadLetters(brokers: string[]): Promise<string[]> {
  const kafka = connectKafka(brokers);
  const admin = kafka.admin();
  await admin.connect();
  const topics = await admin.listTopics().finally(() => admin.disconnect());
  const letters: string[] = [];
  await readTopics(
    kafka,
    topics.filter((topic) => topic.endsWith('.dlq')),
    ({ topic, headers = {} }) => void letters.push(`${topic}: ${headers['dlq-cause']?.toString() ?? 'no cause'}`),
  );
  return letters;
}
