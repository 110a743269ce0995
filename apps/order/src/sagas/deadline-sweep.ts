import { type Logger, Periodic } from '@ringshop/service-defaults';
import type { OrderSagas } from './order-sagas.ts';

export interface DeadlineSweepOptions {
  sagas: OrderSagas;
  everyMs: number;
  /** Whether what this replica asks reaches nobody at the moment. */
  unheard: () => boolean;
  logger: Logger;
}

/**
 * Fires the deadlines of sagas. They are rows, so a replica that dies loses none, and several share the work.
 *
 * Not while this replica cannot reach Kafka: nobody has heard the questions, so no silence is an answer, and to give up or to
 * ask again would only add to the messages that wait. A replica that can reach it fires the deadlines of all.
 */
export const deadlineSweep = ({ sagas, everyMs, unheard, logger }: DeadlineSweepOptions) =>
  new Periodic({
    everyMs,
    what: 'the sweep of deadlines',
    logger,
    work: async () => {
      if (!unheard()) await sagas.sweepDeadlines();
    },
  });
