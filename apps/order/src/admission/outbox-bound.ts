import { counter, Problem } from '@ringshop/service-defaults';

const refused = counter(
  'ringshop_outbox_bound_refused_total',
  'Requests to place or cancel an order refused because too many messages wait for Kafka',
);

/**
 * How much may wait for Kafka before no more is promised. Up to the bound an outage of the broker is not seen by customers;
 * beyond it they are told to come back, before anything is written.
 *
 * @param waiting messages of this replica that Kafka has not acknowledged
 */
export class OutboxBound {
  readonly #waiting: () => number;
  readonly #limit: number;

  constructor(waiting: () => number, limit: number) {
    this.#waiting = waiting;
    this.#limit = limit;
  }

  /** @throws Problem overloaded */
  require(): void {
    if (this.#waiting() < this.#limit) return;
    refused.inc();
    throw new Problem('overloaded', { headers: { 'retry-after': '5' } });
  }
}
