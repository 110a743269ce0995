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

Starts the system unless it is running, places an order that is confirmed, one whose card is declined and one for
goods that are sold out, tells what happened in each of them, and checks that all books agree.`;

interface Scene {
  title: string;
  story: string;
  sku: string;
  token: string;
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

async function play(customer: Customer, { title, story, sku, token, ends }: Scene, number: number): Promise<void> {
  console.log(`\n${styleText('bold', `${number}. ${title}`)}\n   ${story}\n`);
  const order: Placing = {
    lines: [{ sku, quantity: 2 }],
    payment: { token },
    shipTo: { name: 'Ada Lovelace', address: '12 St James Square, London' },
  };
  const answer = await customer.place(order, randomUUID(), 10);
  if (!answer.ok) throw new CommandFailed(`the order was answered with ${answer.status}: ${await answer.text()}`);
  const placed = (await answer.json()) as OrderAnswer;
  const timeline = await finishedTimeline(customer, placed.orderId);
  const total = placed.total ? `, total ${euros(placed.total.amount)}` : '';
  console.log(`   ${styleText('dim', `POST /v1/orders   2 × ${sku}, card ${token}   →   ${placed.orderId}`)}\n`);
  console.log(`${timelineText(timeline)}\n`);
  const outcome = placed.reason ? `${placed.status}: ${placed.reason}` : placed.status;
  if (outcome !== ends) throw new CommandFailed(`order ${placed.orderId} should be ${ends}, but is ${outcome}`);
  console.log(`   ${styleText(placed.reason ? 'yellow' : 'green', outcome)}${total}`);
}

const euros = (cents: number) => `${(cents / 100).toFixed(2)} €`;

/** The answer comes when the order is promised or refused; goods and money follow in some milliseconds. */
async function finishedTimeline(customer: Customer, orderId: string): Promise<TimelineEntry[]> {
  for (let patience = 100; ; patience -= 1) {
    const answer = await customer.ask(`/v1/orders/${orderId}/timeline`);
    if (!answer.ok) throw new CommandFailed(`the timeline was answered with ${answer.status}`);
    const timeline = (await answer.json()) as TimelineEntry[];
    if (patience === 0 || timeline.some(({ what }) => what === 'ended')) return timeline;
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
