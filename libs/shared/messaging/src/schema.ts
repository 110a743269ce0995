/**
 * One row for all messages of one transaction: a row a message cost twice the write-ahead log.
 * STORAGE EXTERNAL: the rows live for milliseconds, compressing them would cost more than it saves.
 */
export const outboxSchema = `
CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  messages json NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  claimed_at timestamptz
);
ALTER TABLE outbox ALTER COLUMN messages SET STORAGE EXTERNAL;
COMMENT ON TABLE outbox IS 'Messages of committed transactions that Kafka has not acknowledged, or that were not yet deleted after it did. Empty when quiet.';
COMMENT ON COLUMN outbox.claimed_at IS 'When a sweep last took the row; null while only the process that wrote it has it.';
`;

/** Which messages a consumer has handled. Its rows commit together with the effect. */
export const inboxSchema = `
CREATE TABLE inbox (
  consumer text NOT NULL,
  message_id text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, message_id)
);
COMMENT ON TABLE inbox IS 'Ids of handled messages. A row must outlive every possible redelivery of its message.';
`;
