import { type Outbox, reply, type Tx } from '@ringshop/messaging';
import { resolved, unanswered } from '../metrics.ts';
import type { ProviderAnswer } from '../provider/payment-provider.ts';
import { paymentAfter, replyTo } from './payment.ts';
import { orderIdOf, type PaymentCommand } from './payment-command.ts';
import { recordPayments } from './payments.table.ts';
import { dropUnresolved, keepUnresolved } from './unresolved-commands.table.ts';

export interface Result {
  command: PaymentCommand;
  answer: ProviderAnswer | undefined;
  /** Where there is no answer: attempts so far, and when to make the next one. */
  attempts: number;
  retryInMs: number;
  /** Whether the command stands among the unresolved ones. */
  kept: boolean;
}

/**
 * Records what the provider said, and replies, in one transaction for all of it.
 *
 * Guaranteed: each command gets its reply once the payment says enough, whoever found that out and how often: the row of
 * the payment, one an order, only moves forward, and replies follow from it. A command without an answer is kept in the
 * same transaction, so after it the message may be forgotten.
 */
export class Settlement {
  readonly #outbox: Outbox;
  readonly #source: string;

  constructor(outbox: Outbox, source: string) {
    this.#outbox = outbox;
    this.#source = source;
  }

  settle(results: readonly Result[]): Promise<void> {
    return this.#outbox.transaction((tx) => this.#settle(tx, results));
  }

  async #settle(tx: Tx, results: readonly Result[]): Promise<void> {
    const payments = await recordPayments(
      tx,
      results.map(({ command, answer }) => paymentAfter(command, answer)),
    );
    const open: Result[] = [];
    const closed: PaymentCommand[] = [];
    for (const result of results) {
      const { command } = result;
      const answer = replyTo(command, payments.get(orderIdOf(command))!);
      if (!answer) {
        open.push(result);
        continue;
      }
      tx.publish([reply(command, answer.name, answer.data, this.#source)]);
      if (result.kept) closed.push(command);
    }
    if (open.length > 0) await keepUnresolved(tx, open);
    if (closed.length > 0) await dropUnresolved(tx, closed);
    unanswered.inc(open.filter(({ kept }) => !kept).length);
    resolved.inc(closed.length);
  }
}
