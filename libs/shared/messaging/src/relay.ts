import { setTimeout as pause } from 'node:timers/promises';
import { failpoint, gauge, type Logger, type Pool } from '@ringshop/service-defaults';
import type { Kafka } from 'kafkajs';
import { type DeliveryOptions, deliver } from './delivery.ts';
import { type Encoded, produces } from './encoding.ts';
import { relayLeft } from './metrics.ts';
import { Sender } from './sender.ts';
import { SentRows } from './sent-rows.ts';
import { type Row, Sweep } from './sweep.ts';

export interface RelayOptions {
  kafka: Kafka;
  pool: Pool;
  logger?: Logger;
  /** How often to look for rows that a crash, or a full memory, left behind. */
  sweepMs?: number;
  /** A row of this age that is not in memory here is nobody's. Too low costs duplicates, too high time after a crash. */
  sweepAfterMs?: number;
  /** How long one produce may take before it counts as failed. */
  sendDeadlineMs?: number;
  /** How long a message that nobody waits for lets others come along. */
  lingerMs?: number;
  /** Messages kept in memory while Kafka is slow or away; what comes on top is left in the table, to the sweep. */
  maxHeld?: number;
  /** Records in one produce. */
  maxProduce?: number | undefined;
}

/** Of this process; for its gauges, which are read when scraped. */
const running = new Set<Relay>();

gauge('ringshop_relay_backlog', 'Messages published and not yet acknowledged by Kafka', [], function () {
  this.set([...running].reduce((sum, { backlog }) => sum + backlog, 0));
});
gauge('ringshop_relay_stalled', '1 while Kafka does not take messages', [], function () {
  this.set([...running].some(({ stalled }) => stalled) ? 1 : 0);
});

/**
 * Takes the messages of committed transactions to Kafka. What waits is sent as one batch, and the next batch is what came
 * in meanwhile: nothing that somebody waits for waits for a timer, and nothing is read back from the table in normal running.
 * What nobody waits for leaves with the next that is in a hurry, or after `lingerMs` (docs/adr/0024-what-is-gathered.md).
 *
 * Guaranteed: a row is deleted only after Kafka acknowledged all of its messages, so each is published at least once. A
 * send that failed or timed out is repeated as a whole, for ever. Memory is bounded, whatever Kafka does.
 * Not guaranteed: exactly once. A lost acknowledgement, or a crash before the deletion, publishes again.
 *
 * A row is waiting → being sent → sent → deleted. The sweep takes rows that no process holds, by age; never those after
 * the last one seen: ids become visible out of order.
 */
export class Relay {
  readonly #sender: Sender;
  readonly #sent: SentRows;
  readonly #sweep: Sweep;
  readonly #delivery: DeliveryOptions;
  readonly #maxHeld: number;
  readonly #maxProduce: number | undefined;
  readonly #stopping = new AbortController();
  #lingerMs: number;
  #waiting: Row[] = [];
  /** Runs while all that waits can wait. */
  #lingering: NodeJS.Timeout | undefined;
  #due = false;
  #sending: Promise<void> | undefined;
  /** Ids from the hand-off until the deletion has committed. */
  readonly #held = new Set<number>();
  #heldMessages = 0;

  constructor({ kafka, pool, logger, ...options }: RelayOptions) {
    this.#maxHeld = options.maxHeld ?? 20_000;
    this.#maxProduce = options.maxProduce;
    // Who sends each record by itself gathers nothing.
    this.#lingerMs = options.maxProduce === 1 ? 0 : (options.lingerMs ?? 40);
    this.#sender = new Sender({ kafka, logger, ...(options.sendDeadlineMs && { deadlineMs: options.sendDeadlineMs }) });
    this.#delivery = { sender: this.#sender, pool, logger, signal: this.#stopping.signal };
    this.#sent = new SentRows(pool, logger, (ids) => this.forget(ids));
    this.#sweep = new Sweep({
      pool,
      logger,
      everyMs: options.sweepMs ?? 2_000,
      afterMs: options.sweepAfterMs ?? 5_000,
      held: () => [...this.#held],
      // While nothing gets through, every replica would come to hold the rows of all others.
      hasRoom: () => this.#heldMessages < this.#maxHeld / 2 && !(this.stalled && this.#heldMessages > 0),
      take: (row) => this.handOff(row.id, row.messages),
    });
  }

  /** Resolves at once: a broker that is away delays messages, not the start. */
  start(): void {
    running.add(this);
    void this.#sender.connect(this.#stopping.signal);
    this.#sweep.start();
  }

  /**
   * Messages that this process published and Kafka has not acknowledged. It does not count beyond `maxHeld`: who wants to
   * stop at a bound sets that higher.
   */
  get backlog(): number {
    return this.#heldMessages;
  }

  /** From a produce that failed, or a first connect, until the next produce that works: what is published, nobody hears. */
  get stalled(): boolean {
    return this.#sender.failingSince !== undefined;
  }

  /** For `Health`. Not a reason to be sent nothing: what is published meanwhile is kept, and leaves later. */
  readonly note = (): string | undefined => {
    const since = this.#sender.failingSince;
    return since === undefined ? undefined : `Kafka does not take messages since ${new Date(since).toISOString()}`;
  };

  handOff(id: number, messages: Encoded[]): void {
    if (this.#stopping.signal.aborted || this.#heldMessages >= this.#maxHeld) {
      relayLeft.inc();
      return;
    }
    this.#held.add(id);
    this.#heldMessages += messages.length;
    this.#waiting.push({ id, messages });
    const canWait = this.#lingerMs > 0 && messages.every(({ unhurried }) => unhurried);
    if (canWait) this.#lingering ??= setTimeout(() => this.#send(), this.#lingerMs);
    else this.#send();
  }

  /** Ids to delete along with another transaction. The caller answers for them: `forget` when it committed, else `giveBack`. */
  takeSent(): number[] {
    return this.#sent.take();
  }

  giveBack(ids: readonly number[]): void {
    this.#sent.add(ids);
  }

  forget(ids: readonly number[]): void {
    for (const id of ids) this.#held.delete(id);
  }

  /** Resolves when everything handed off so far has been sent and deleted. */
  async flush(): Promise<void> {
    this.#send();
    while (this.#sending) await this.#sending;
    await this.#sent.delete();
  }

  /** Sends what waits, for at most `withinMs`; the rest stays in the table and is swept by whoever comes next. */
  async stop(withinMs = 1_500): Promise<void> {
    this.#lingerMs = 0;
    this.#send();
    const drained = Promise.all([this.#sweep.stop(), this.#sending]);
    await Promise.race([drained, pause(withinMs, undefined, { ref: false })]);
    this.#stopping.abort();
    running.delete(this);
    await Promise.all([this.#sender.disconnect(), this.#sent.close()]);
  }

  #send(): void {
    clearTimeout(this.#lingering);
    this.#lingering = undefined;
    if (this.#waiting.length === 0) return;
    this.#due = true;
    this.#sending ??= this.#sendWaiting();
  }

  async #sendWaiting(): Promise<void> {
    try {
      while (this.#due) {
        this.#due = false;
        const rows = this.#waiting;
        this.#waiting = [];
        const messages = rows.flatMap((row) => row.messages);
        for (const portion of produces(messages, this.#maxProduce)) await deliver(portion, this.#delivery);
        failpoint('relay.sent');
        this.#heldMessages -= messages.length;
        this.#sent.add(rows.map((row) => row.id));
      }
    } catch (error) {
      // Only the stop ends a send early; its rows are in the table.
      if (!this.#stopping.signal.aborted) throw error;
    } finally {
      this.#sending = undefined;
    }
  }
}
