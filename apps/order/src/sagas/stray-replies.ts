import type { Note } from '@ringshop/saga';
import { counter, type Logger } from '@ringshop/service-defaults';

const strays = counter('ringshop_saga_stray_replies_total', 'Replies that moved no saga', ['what']);

/** Enough to keep a flood of copies out of the log; forgetting one costs a line. */
const remembered = 10_000;

/**
 * Replies that no saga waited for. Duplicates and late ones are what at-least-once brings; one that fits no state, or no
 * order at all, is news to a person, once.
 */
export class StrayReplies {
  readonly #logger: Logger;
  readonly #told = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
    for (const what of ['unexpected', 'unknown saga']) strays.inc({ what }, 0);
  }

  count(notes: readonly Note[]): void {
    for (const { id: orderId, what, reply } of notes) {
      strays.inc({ what });
      if (what === 'unexpected' || what === 'unknown saga') this.#tell(orderId, what, reply);
    }
  }

  #tell(orderId: string, what: Note['what'], reply: string): void {
    const key = `${orderId} ${reply}`;
    if (this.#told.has(key)) return;
    if (this.#told.size >= remembered) this.#told.clear();
    this.#told.add(key);
    this.#logger.warn({ orderId, what, reply }, 'a reply that fits no saga');
  }
}
