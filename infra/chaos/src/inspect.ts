import { type AuditReport, audit, type SystemUrls } from '@ringshop/operator';
import { deadLetters } from './dead-letters.ts';
import { wrongEnd } from './load/allowed-ends.ts';
import type { Bought, OrderBook } from './load/order-book.ts';
import type { OrderTracker } from './order-tracker.ts';
import type { Findings } from './verdict.ts';

export type Inspected = Pick<Findings, 'unended' | 'wrongEnds' | 'parked' | 'deadLetters' | 'audit'> & {
  /** Why something could not be looked at. */
  blind: string[];
};

/** Longer than a saga is retried before it is parked: what was meant to be parked has to get there. */
const auditPatienceMs = 90_000;

/** Looks at what a run has left behind, once it is quiet. */
export async function inspect(
  urls: SystemUrls,
  book: OrderBook,
  tracker: OrderTracker,
  note: (text: string) => void,
): Promise<Inspected> {
  const unended = book.open.map((orderId) => named(book.orders.get(orderId)!));
  const blind: string[] = [];
  const seen = <T>(what: string, look: Promise<T>) =>
    look.catch((error: Error) => void blind.push(`${what}: ${error.message}`) as undefined);
  const acknowledged = [...book.orders.keys()];
  const report = await seen(
    'the audit failed',
    audit(urls, { acknowledged, quietWithinMs: auditPatienceMs, onNote: (text) => note(`audit: ${text}`) }),
  );
  return {
    unended,
    wrongEnds: (await seen('the ends of orders', wrongEnds(book, tracker))) ?? [],
    parked: (report?.parked ?? []).filter((saga) => !wasMeant(saga, book)).map(parkedText),
    deadLetters: (await seen('the dead letters', deadLetters(urls.kafka))) ?? [],
    audit: report,
    blind,
  };
}

async function wrongEnds(book: OrderBook, tracker: OrderTracker): Promise<string[]> {
  const rows = await tracker.ends();
  return rows.flatMap(({ orderId, status, reason }) => {
    const order = book.orders.get(orderId)!;
    const wrong = wrongEnd({ ...order, status, reason });
    return wrong ? [`${orderId}: ${wrong}`] : [];
  });
}

/** Captures that never work, or not for long, end in a parked saga by design. */
function wasMeant({ orderId }: AuditReport['parked'][number], book: OrderBook): boolean {
  return book.orders.get(orderId)?.token.startsWith('tok_capture_') ?? false;
}

const parkedText = ({ orderId, shard, step, error }: AuditReport['parked'][number]) =>
  `${orderId} on ${shard} at "${step}"${error ? `: ${error}` : ''}`;

const named = ({ orderId, kind, token, cancel }: Bought) =>
  `${orderId} (${kind}, ${token}${cancel ? `, cancel ${cancel}` : ''})`;
