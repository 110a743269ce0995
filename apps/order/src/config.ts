import { inboxKeepMs, messagingVariables, outlivesMessages, purgeVariables } from '@ringshop/messaging';
import { serviceVariables, variables, wiring } from '@ringshop/service-defaults';
import { z } from 'zod';

const ms = (byDefault: number) => variables.ms.default(byDefault);

const settings = z.object({
  ...serviceVariables,
  SHARD: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be a name such as order-1')
    .meta(wiring)
    .describe('Which shard this is a replica of.'),
  DATABASE_URL: variables.postgresUrl.describe('The database of the shard, as its own role.'),
  PLACEMENT_URL: variables.postgresUrl.describe('The authority on which shard owns which slot.'),
  INTERNAL_CALL_KEYS: variables.keyRing.describe('Verifies who the gateway says is asking.'),
  PAYMENT_TOKEN_KEYS: variables.keyRing.describe('Seals payment tokens for the payment service, which opens them.'),
  PAYMENT_TOKEN_KEYS_FILE: variables.watchedFile('PAYMENT_TOKEN_KEYS'),
  PERSONAL_DATA_KEYS: variables.keyRing.describe('Seals names and addresses where they are stored.'),
  PERSONAL_DATA_KEYS_FILE: variables.watchedFile('PERSONAL_DATA_KEYS'),
  RESEAL_EVERY_MS: ms(2_000).describe('How often a replica looks for what is still under an old key.'),
  STEP_DEADLINE_MS: ms(10_000).describe('How long the first answer to a command may take.'),
  RESERVE_DEADLINE_MS: variables.ms.optional().describe('For reserving, where it should not be `STEP_DEADLINE_MS`.'),
  AUTHORISE_DEADLINE_MS: variables.ms
    .optional()
    .describe('For authorising, where it should not be `STEP_DEADLINE_MS`.'),
  RETRY_MIN_MS: ms(100).describe(
    'How long a command without an answer first waits to be sent again; doubled each time.',
  ),
  RETRY_MAX_MS: ms(5_000).describe('The longest that it waits.'),
  PARK_AFTER_MS: ms(60_000).describe(
    'After this without the answer that it needs a saga is parked as `needs-attention`.',
  ),
  RETRY_PARKED_MS: ms(15_000).describe('A parked saga is asked again at least this often.'),
  DEADLINE_SWEEP_MS: ms(500).describe('How often deadlines that have passed are looked for.'),
  OUTBOX_LIMIT: variables.integer
    .default(10_000)
    .describe(
      'Messages of one replica that may wait for Kafka; beyond it nothing new is promised. An order starts with one.',
    ),
  ADMISSION_QUEUE_MS: ms(270).describe(
    'How long an order may wait in queues, anywhere, on top of what it takes when nothing waits.',
  ),
  // Fewer only for a moment at a full minute, to see what an order takes when nothing waits.
  ADMISSION_MIN: variables.positive
    .default(8)
    .describe('So many undecided orders of one replica are let in, however long they take.'),
  ADMISSION_MAX: variables.positive.default(5_000).describe('The most that are let in, however short they take.'),
  ADMISSION_INITIAL: variables.positive.default(1_000).describe('The first guess of how many may be.'),
  GATHER_MS: ms(30).describe(
    'While orders are under way, new ones leave at least this far apart, and up to eight times where they queue ' +
      '([0024](adr/0024-what-is-gathered.md)). Beyond 30 the gateway takes it for overload: its `gatheredMs` is a constant.',
  ),
  REQUESTS_AT_ONCE_MAX: variables.integer
    .default(1_024)
    .describe(
      'The most requests that may be worked on at once, however fast they are; usually latency sets a lower limit.',
    ),
  EVENT_STREAMS_PER_CUSTOMER: variables.integer
    .default(20)
    .describe('Orders that one customer may follow at a time, at one replica.'),
  WAITS_PER_CUSTOMER: variables.integer
    .default(100)
    .describe(
      'Answers that are held back for one customer with `Prefer: wait`; what is asked beyond is answered at once.',
    ),
  PARKED_COUNT_MS: ms(5_000).describe('How often parked sagas are counted, for the metric.'),
  CONFIRM_MARGIN_MS: ms(5_000).describe('How long a reservation must still hold for an order to be confirmed.'),
  ...messagingVariables,
  ...purgeVariables,
  IDEMPOTENCY_KEEP_MS: ms(24 * 60 * 60 * 1000).describe('How long a repeated key gets the order that it placed.'),
  INBOX_KEEP_MS: inboxKeepMs,
});

export const orderConfig = settings.refine(...outlivesMessages('INBOX_KEEP_MS'));
export type OrderConfig = z.output<typeof orderConfig>;
