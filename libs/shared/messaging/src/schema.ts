/**
 * One row for all messages of one transaction: a row a message cost twice the write-ahead log. How they are stored came to be
 * decided otherwise: {@link outboxStorage}.
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

/**
 * Messages of one transaction resemble each other: compressed, they fit into their row's own page. Out of line and as they are,
 * twenty of them wrote three times as much log, for the same CPU.
 */
export const outboxStorage = 'ALTER TABLE outbox ALTER COLUMN messages SET STORAGE MAIN;';

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
