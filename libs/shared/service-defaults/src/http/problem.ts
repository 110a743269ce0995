/** Stable codes of the contract → HTTP status and title. Clients switch on the code; titles may change. */
export const problemCodes = {
  'validation-failed': [400, 'The request is not valid'],
  unauthenticated: [401, 'A valid bearer token is needed'],
  forbidden: [403, 'Not allowed'],
  'not-found': [404, 'Not found'],
  'request-timeout': [408, 'The request took too long to arrive'],
  'idempotency-key-in-use': [409, 'A request with this key is still under way'],
  'not-cancellable': [409, 'The order can no longer be cancelled'],
  erased: [410, 'The personal data were erased'],
  'too-large': [413, 'The request body is too large'],
  'uri-too-long': [414, 'The URL is too long'],
  // Between gateway and shard only: the shard does not own the slot; `epoch` says which map it knows.
  misdirected: [421, 'This shard does not own the slot'],
  'idempotency-key-reused': [422, 'This key was used with another body'],
  'rate-limited': [429, 'Too many requests'],
  'headers-too-large': [431, 'The request headers are too large'],
  'internal-error': [500, 'Something went wrong'],
  overloaded: [503, 'Too much to do, try again'],
  'shard-unavailable': [503, 'Not available at the moment, try again'],
  'deadline-exceeded': [504, 'It took too long'],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemCode = keyof typeof problemCodes;

/** Which field and what is wrong with it. Never the value: it may be a secret, and an echo is an attack surface. */
export interface FieldError {
  field: string;
  message: string;
}

export interface ProblemOptions extends ErrorOptions {
  detail?: string;
  errors?: FieldError[];
  headers?: Record<string, string>;
  /** Further members of the JSON, such as `epoch`. */
  members?: Record<string, unknown>;
}

/**
 * An answer to a client, thrown: RFC 9457 problem details with a stable `code`. It has no stack: a refusal
 * would cost the more the more are refused, and where something failed there is a cause, which has its own.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly #options: ProblemOptions;

  constructor(code: ProblemCode, options: ProblemOptions = {}) {
    const [status, title] = problemCodes[code];
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(options.detail ?? title, options);
    Error.stackTraceLimit = stackTraceLimit;
    this.code = code;
    this.status = status;
    this.headers = status === 503 ? { 'retry-after': '1', ...options.headers } : (options.headers ?? {});
    this.#options = options;
  }

  toJSON(): Record<string, unknown> {
    const { detail, errors, members } = this.#options;
    return {
      type: `urn:ringshop:problem:${this.code}`,
      title: problemCodes[this.code][1],
      status: this.status,
      code: this.code,
      ...(detail !== undefined && { detail }),
      ...(errors !== undefined && { errors }),
      ...members,
    };
  }
}
