import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';
import { audit } from './audit/audit.ts';
import { reportText } from './audit/report-table.ts';
import { CommandFailed, readArguments, runCommand } from './cli.ts';
import { Customer, type OrderAnswer, type Placing, type TimelineEntry } from './customer.ts';
import { ensureRunning } from './ensure-running.ts';
import type { SystemUrls } from './system.ts';
import { timelineText } from './timeline-text.ts';

const help = `usage: npm run demo

Starts the system unless it is running, places an order that is confirmed, one whose card is declined, one for goods that
are sold out and one that its customer cancels, tells what happened in each of them, and checks that all books agree.`;

interface Scene {
  title: string;
  story: string;
  sku: string;
  token: string;
  /** Whether the customer cancels it once it is confirmed, sold and charged. */
  cancelled?: boolean;
  ends: string;
}

const scenes: Scene[] = [
  {
    title: 'An order that is confirmed',
    story: 'The goods are held, the card is good: the order is promised, and only then sold and charged.',
    sku: 'SKU-0001',
    token: 'tok_approve',
    ends: 'confirmed',
  },
  {
    title: 'An order whose card is declined',
    story: 'The goods are already held when the card is declined: what was done is undone (compensated).',
    sku: 'SKU-0002',
    token: 'tok_decline',
    ends: 'rejected: payment-declined',
  },
  {
    title: 'An order for goods that are sold out',
    story: 'The first step is refused, so there is nothing to undo, and the card is never asked.',
    sku: 'SKU-0910',
    token: 'tok_approve',
    ends: 'rejected: out-of-stock',
  },
  {
    title: 'An order that its customer cancels',
    story: 'It was sold and charged, so there is nothing to undo: a second saga pays back and returns the goods.',
    sku: 'SKU-0003',
    token: 'tok_approve',
    cancelled: true,
    ends: 'cancelled: customer',
  },
];

async function main(): Promise<number> {
  readArguments(help, {});
  const { system, stop } = await ensureRunning((note) =>
    console.error(styleText('dim', note, { stream: process.stderr })),
  );
  try {
    console.log(intro);
    const customer = await Customer.signIn(system);
    for (const [index, scene] of scenes.entries()) await play(customer, scene, index + 1);
    return await balance(system);
  } finally {
    await stop();
  }
}

const intro = `
An order is a ${styleText('bold', 'saga')}: several services each do their part in a transaction of their own. The order service
asks them one after the other (→), they answer (←), and when one refuses, what was done is undone (⟲).`;

async function play(customer: Customer, scene: Scene, number: number): Promise<void> {
  const { title, story, sku, token, ends } = scene;
  console.log(`\n${styleText('bold', `${number}. ${title}`)}\n   ${story}\n`);
  const order: Placing = {
    lines: [{ sku, quantity: 2 }],
    payment: { token },
    shipTo: { name: 'Ada Lovelace', address: '12 St James Square, London' },
  };
  const answer = await customer.place(order, randomUUID(), 10);
  await expectOk(answer, 'the order');
  const { orderId } = (await answer.json()) as OrderAnswer;
  let timeline = await finishedTimeline(customer, orderId, 1);
  if (scene.cancelled) {
    await expectOk(await customer.cancel(orderId, randomUUID()), 'the cancellation');
    timeline = await finishedTimeline(customer, orderId, 2);
  }
  const placed = (await (await customer.ask(`/v1/orders/${orderId}`)).json()) as OrderAnswer;
  const total = placed.total ? `, total ${euros(placed.total.amount)}` : '';
  console.log(`   ${styleText('dim', `POST /v1/orders   2 × ${sku}, card ${token}   →   ${placed.orderId}`)}\n`);
  console.log(`${timelineText(timeline)}\n`);
  const outcome = placed.reason ? `${placed.status}: ${placed.reason}` : placed.status;
  if (outcome !== ends) throw new CommandFailed(`order ${placed.orderId} should be ${ends}, but is ${outcome}`);
  console.log(`   ${styleText(placed.reason ? 'yellow' : 'green', outcome)}${total}`);
}

const euros = (cents: number) => `${(cents / 100).toFixed(2)} €`;

async function expectOk(answer: Response, what: string): Promise<void> {
  if (!answer.ok) throw new CommandFailed(`${what} was answered with ${answer.status}: ${await answer.text()}`);
}

/** The answer comes when the order is promised or refused; goods and money follow in some milliseconds. */
async function finishedTimeline(customer: Customer, orderId: string, sagas: number): Promise<TimelineEntry[]> {
  for (let patience = 100; ; patience -= 1) {
    const answer = await customer.ask(`/v1/orders/${orderId}/timeline`);
    await expectOk(answer, 'the timeline');
    const timeline = (await answer.json()) as TimelineEntry[];
    if (patience === 0 || timeline.filter(({ what }) => what === 'ended').length === sagas) return timeline;
    await sleep(100);
  }
}

async function balance(system: SystemUrls): Promise<number> {
  console.log(
    `\n${styleText('bold', 'Do all books agree?')}\n   Databases, Kafka and the payment provider, asked one by one.\n`,
  );
  const report = await audit(system);
  console.log(`${reportText(report)}\n`);
  return report.ok ? 0 : 1;
}

await runCommand('demo', main);
