import { counter, gauge, histogram } from '@ringshop/service-defaults';

export const relayed = counter('ringshop_messages_relayed_total', 'Messages that Kafka acknowledged');
export const relayFailures = counter(
  'ringshop_relay_failures_total',
  'Produces that failed or timed out, and were repeated',
);
export const relayLeft = counter(
  'ringshop_relay_left_to_sweep_total',
  'Outbox rows not kept in memory because too much was waiting',
);
export const relayPutAside = counter(
  'ringshop_relay_put_aside_total',
  'Messages that went back into the outbox for a minute, because their topic does not exist',
);
export const swept = counter('ringshop_outbox_swept_total', 'Outbox rows that a sweep found left behind');
export const relayBatch = histogram(
  'ringshop_relay_batch_messages',
  'Messages in one produce',
  [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
);

export const handled = counter('ringshop_messages_handled_total', 'Messages whose handler resolved');
export const handlerBatch = histogram(
  'ringshop_handler_batch_messages',
  'Messages in one handler call',
  [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
);
export const retried = counter('ringshop_batches_retried_total', 'Handler calls repeated after a transient error');
/** A consumer of this process, wherever it is. */
interface Member {
  outSince: number | undefined;
}
export const members = new Set<Member>();
gauge(
  'ringshop_consumers_out_of_group',
  'Consumers of this process that are out of their group: Kafka is away, or they cannot reach their database',
  [],
  function () {
    this.set([...members].filter(({ outSince }) => outSince !== undefined).length);
  },
);

export const bisected = counter(
  'ringshop_batches_bisected_total',
  'Batches split in two after an error that is not transient',
);
export const deadLettered = counter('ringshop_messages_dead_lettered_total', 'Records moved to a dead letter topic', [
  'topic',
]);
export const unhandled = counter(
  'ringshop_messages_unhandled_total',
  'Messages of a known type that nothing here handles',
  ['topic'],
);
export const duplicates = counter('ringshop_messages_duplicate_total', 'Messages that the inbox knew already', [
  'consumer',
]);
export const purged = counter('ringshop_purged_total', 'Rows deleted because of their age', ['table']);
