/** What a client was answered. */
export interface Answer {
  status: number;
  /** Of problem+json. */
  code?: string | undefined;
  retryAfter?: string | undefined;
}

export type Call = 'place' | 'repeat' | 'other-body' | 'cancel' | 'read' | 'product';

/** What each call may be answered with when nothing is broken, or something is that is none of the client's business. */
const expected: Record<Call, string[]> = {
  place: ['201', '202', '409 idempotency-key-in-use'],
  repeat: ['201', '202', '409 idempotency-key-in-use'],
  'other-body': ['422 idempotency-key-reused'],
  cancel: ['202', '409 not-cancellable', '409 idempotency-key-in-use'],
  read: ['200'],
  product: ['200'],
};

/** Come back later. */
const refusals = ['503 overloaded', '503 shard-unavailable', '429 rate-limited'];

/** What is wrong with an answer; undefined when the contract allows it. */
export function wrongAnswer(call: Call, { status, code, retryAfter }: Answer): string | undefined {
  const said = code ? `${status} ${code}` : String(status);
  if (expected[call].includes(said) || said === '504 deadline-exceeded') return undefined;
  if (!refusals.includes(said)) return `${call} was answered ${said}`;
  return retryAfter ? undefined : `${call} was answered ${said} without Retry-After`;
}
