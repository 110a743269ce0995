import type { EachBatchPayload, KafkaMessage } from 'kafkajs';

/** Records of one partition, in order. */
export interface Share {
  payload: EachBatchPayload;
  messages: KafkaMessage[];
}

/** What is handled and committed together: shares of one or more partitions. */
export type Round = Share[];

/** Cuts a fetch into rounds of at most `max` records, so that after an outage one transaction does not take all of it. */
export function* rounds(payloads: readonly EachBatchPayload[], max: number): Generator<Round> {
  let round: Round = [];
  let room = max;
  for (const payload of payloads) {
    const { messages } = payload.batch;
    for (let from = 0; from < messages.length; ) {
      const share = messages.slice(from, from + room);
      round.push({ payload, messages: share });
      from += share.length;
      room -= share.length;
      if (room === 0) {
        yield round;
        round = [];
        room = max;
      }
    }
  }
  if (round.length > 0) yield round;
}
