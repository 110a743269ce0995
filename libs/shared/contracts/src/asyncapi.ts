import { z } from 'zod';
import { commands, commandTopics, events, eventTopics } from './catalogue.ts';
import { cloudEvent, contentType, wireType } from './cloud-event.ts';
import type { CommandContract, EventContract } from './message.ts';
import { orderRepliesTopic } from './order.ts';

type Json = Record<string, unknown>;

const description = `What the services say to each other through Kafka. Each record is one CloudEvent 1.0 in structured mode; its
key is its \`subject\`, the order id. Events are in the partition that Kafka's clients choose for it; commands and replies had better be in
that of the id's last byte modulo the partitions, so that batches stay together (docs/adr/0025-what-travels-together.md). Within a major
version a message only gains members, and what is not known is ignored. What cannot be handled goes to \`<topic>.dlq\` (docs/messages.md).`;

const replies = orderRepliesTopic('{shard}');
const envelope = 'envelope';

/** AsyncAPI 3.0 of every message, from the contracts that check them. */
export function asyncApi(): Json {
  return {
    asyncapi: '3.0.0',
    info: { title: 'Ringshop messages', version: '1.0.0', description, license: { name: 'MIT' } },
    defaultContentType: contentType,
    channels: channels(),
    operations: Object.fromEntries([...commands.map(commandOperation), ...events.map(eventOperation)]),
    components: { messages: messages(), schemas: { [envelope]: schemaOf(cloudEvent.omit({ data: true })) } },
  };
}

function channels(): Json {
  const channel = (address: string, names: string[], more: Json = {}): [string, Json] => [
    address,
    { address, messages: Object.fromEntries(names.map((name) => [name, ref('components/messages', name)])), ...more },
  ];
  const namesIn = (topic: string) =>
    [...commands, ...events].filter((one) => one.topic === topic).map(({ name }) => name);
  return Object.fromEntries([
    ...[...commandTopics, ...eventTopics].map((topic) => channel(topic, namesIn(topic))),
    channel(replies, commands.flatMap(replyNamesOf), {
      parameters: { shard: { description: 'The shard that sent the command: its `replyto` names this topic.' } },
    }),
  ]);
}

const commandOperation = (command: CommandContract): [string, Json] => [
  command.name,
  {
    action: 'receive',
    summary: `Answered by ${replyNamesOf(command).join(', ')}`,
    channel: ref('channels', command.topic),
    messages: [inChannel(command.topic, command.name)],
    reply: {
      address: { location: '$message.payload#/replyto' },
      channel: ref('channels', replies),
      messages: replyNamesOf(command).map((name) => inChannel(replies, name)),
    },
  },
];

const eventOperation = (event: EventContract): [string, Json] => [
  event.name,
  { action: 'send', channel: ref('channels', event.topic), messages: [inChannel(event.topic, event.name)] },
];

function messages(): Json {
  const all = [
    ...[...commands, ...events].map(({ name, data }): [string, z.ZodType] => [name, data]),
    ...commands.flatMap((command: CommandContract) => Object.entries(command.replies)),
  ];
  return Object.fromEntries(all.map(([name, data]) => [name, message(name, data)]));
}

const message = (name: string, data: z.ZodType): Json => ({
  name: wireType(name),
  contentType,
  payload: {
    allOf: [
      ref('components/schemas', envelope),
      {
        type: 'object',
        properties: { type: { const: wireType(name) }, data: schemaOf(data) },
        required: ['type', 'data'],
      },
    ],
  },
});

/** As a reader sees it: what newer code adds is no error. */
function schemaOf(schema: z.ZodType): Json {
  const { $schema: _draft, ...rest } = z.toJSONSchema(schema, { target: 'draft-7', io: 'input' });
  return rest;
}

const replyNamesOf = ({ replies }: CommandContract) => Object.keys(replies);
const ref = (place: string, name: string) => ({ $ref: `#/${place}/${name}` });
const inChannel = (topic: string, name: string) => ref(`channels/${topic}/messages`, name);
