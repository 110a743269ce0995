import { type CloudEvent, cloudEvent, wireType } from './cloud-event.ts';
import { commitStock, inventoryCommandsTopic, releaseStock, reserveStock, returnStock } from './inventory.ts';
import type { CommandContract } from './message.ts';
import { orderEventsTopic, orderStatusChanged } from './order.ts';
import { authorisePayment, capturePayment, closePayment, paymentCommandsTopic, voidPayment } from './payment.ts';

export const commands = [
  reserveStock,
  releaseStock,
  commitStock,
  returnStock,
  authorisePayment,
  voidPayment,
  capturePayment,
  closePayment,
] as const;
export const events = [orderStatusChanged] as const;

export const commandTopics = [inventoryCommandsTopic, paymentCommandsTopic] as const;
export const eventTopics = [orderEventsTopic] as const;

export const replyNames = commands.flatMap((command) => Object.keys((command as CommandContract).replies));

const schemas = new Map(
  [
    ...commands.map((command) => [command.name, command.data] as const),
    ...commands.flatMap((command) => Object.entries((command as CommandContract).replies)),
    ...events.map((event) => [event.name, event.data] as const),
  ].map(([name, schema]) => [wireType(name), { name, schema }]),
);

/** Thrown for a record that is no message of ours; `message` is the cause a dead letter carries. */
export class UnreadableMessage extends Error {
  override name = 'UnreadableMessage';
}

export interface ReadMessage {
  /** Name from the contracts, without prefix and version. */
  name: string;
  event: CloudEvent;
}

/**
 * Reads one record's value: JSON, envelope, known type, data by that type's schema.
 * @throws UnreadableMessage with the first thing that is wrong; it never prints the payload.
 */
export function readMessage(value: Buffer | string | null): ReadMessage {
  if (value === null || value.length === 0) throw new UnreadableMessage('empty record');
  let json: unknown;
  try {
    json = JSON.parse(value.toString());
  } catch (cause) {
    throw new UnreadableMessage('not JSON', { cause });
  }
  const envelope = cloudEvent.safeParse(json);
  if (!envelope.success) throw new UnreadableMessage(`not a CloudEvent: ${firstIssue(envelope.error)}`);
  const known = schemas.get(envelope.data.type);
  if (!known) throw new UnreadableMessage(`unknown type ${envelope.data.type}`);
  const data = known.schema.safeParse(envelope.data.data);
  if (!data.success) throw new UnreadableMessage(`data of ${known.name}: ${firstIssue(data.error)}`);
  return { name: known.name, event: { ...envelope.data, data: data.data } };
}

function firstIssue(error: { issues: { path: PropertyKey[]; message: string }[] }): string {
  const issue = error.issues[0]!;
  return `${issue.path.map(String).join('.') || '(root)'}: ${issue.message}`;
}
