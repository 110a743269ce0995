import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';

export type { Logger };

/** Keys whose values never reach a log, at any depth, in any spelling. */
const secretKeys = new Set([
  'authorization',
  'cookie',
  'token',
  'accesstoken',
  'payment',
  'paymenttoken',
  'password',
  'secret',
  'shipto',
  'keys',
  'body',
  // What pg attaches to an error: values of the row that failed, and the text and parameters of the statement.
  'detail',
  'where',
  'parameters',
  'query',
  'internalquery',
]);
const urlCredentials = /(\w+:\/\/)[^/\s@]+@/g;
const bearer = /\b(Bearer\s+)[\w.~+/=-]+/gi;
const jwt = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;
const paymentToken = /\btok_[\w.-]+/g;

/**
 * JSON lines on standard output. Values under secret keys, credentials in URLs and tokens inside text are replaced; CR and
 * LF cannot forge a line because JSON escapes them. This is the second fence: the first is not to log such things at all.
 * Log changes of state, never single requests or messages: the hot path logs nothing.
 */
export function createLogger(name: string, level = 'info', destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    name,
    level,
    base: { name },
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (fields: object) => redact(fields) as Record<string, unknown>,
    },
    hooks: {
      logMethod(this: Logger, args: Parameters<pino.LogFn>, method: pino.LogFn) {
        method.apply(this, args.map((arg: unknown) => (typeof arg === 'string' ? scrub(arg) : arg)) as typeof args);
      },
    },
    timestamp: pino.stdTimeFunctions.isoTime,
    // Errors are flattened by `redact`; pino's own serialiser would copy every property of a database error.
    serializers: { err: (error: unknown) => redact(error) },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** Takes credentials and tokens out of a text that is about to be shown. */
export function scrub(text: string): string {
  return text
    .replace(urlCredentials, '$1***@')
    .replace(bearer, '$1***')
    .replace(jwt, '***')
    .replace(paymentToken, '***');
}

function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return scrub(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > 6) return '[deep]';
  if (value instanceof Error) return redactError(value, depth);
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => redact(item, depth + 1));
  if (ArrayBuffer.isView(value)) return '[bytes]';
  if ('toJSON' in value && typeof value.toJSON === 'function') return redact(value.toJSON(), depth + 1);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      secretKeys.has(key.toLowerCase().replaceAll(/[_-]/g, '')) ? '[redacted]' : redact(item, depth + 1),
    ]),
  );
}

function redactError(error: Error, depth: number): object {
  const { code, cause } = error as Error & { code?: unknown };
  return {
    type: error.name,
    message: scrub(error.message),
    ...(code === undefined ? {} : { code }),
    ...(error.stack === undefined ? {} : { stack: scrub(error.stack) }),
    ...(cause === undefined ? {} : { cause: redact(cause, depth + 1) }),
  };
}
