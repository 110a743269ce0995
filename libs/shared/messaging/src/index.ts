export { KafkaBatchServer, type KafkaBatchServerOptions } from './batch-server.ts';
export { deadLetterRoomBytes } from './dead-letters.ts';
export { type BatchHandler, type CommandName, Commands, Replies } from './decorators.ts';
export { claimInbox } from './inbox.ts';
export { createKafka, type KafkaOptions } from './kafka.ts';
export {
  deadLetterTopicOf,
  isDeadLetterTopic,
  type Letter,
  letterId,
  type PlacedRecord,
  readLetter,
  redrivenId,
} from './letter.ts';
export { type Incoming, type Outgoing, reply } from './message.ts';
export { messagingVariables } from './messaging-variables.ts';
export { Outbox, type Tx } from './outbox.ts';
export { Purge, type PurgeRule } from './purge.ts';
export { inboxKeepMs, memoryMs, messageRetentionMs, outlivesMessages, purgeVariables } from './purge-ages.ts';
export { Redrive, type Redriven, redriveWithinMs } from './redrive.ts';
export { Relay, type RelayOptions } from './relay.ts';
export { inboxSchema, outboxSchema, outboxStorage } from './schema.ts';
export { messagesOn, StartRefused } from './startup-check.ts';
