/** May pass: the same thing tried again can succeed. Everything else that is thrown is final. */
export class RetriableError extends Error {
  override readonly name: string = 'RetriableError';
}

const systemCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/**
 * SQLSTATEs: serialization failure, deadlock, lock not available, statement cancelled by its time-out, idle transaction
 * ended, too many connections, not yet accepting connections; a server shutting down or crashed (57P01–57P03); read-only
 * after a fail-over. Class 08 is every connection failure.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const sqlStates = new Set(['40001', '40P01', '55P03', '57014', '25P03', '53300', '57P01', '57P02', '57P03', '25006']);

/** pg reports a lost connection as a plain Error without a code. */
const lostConnection =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout|Connection is closed)/;

/** Whether the same thing tried again can succeed: a connection, a deadlock, a broker that is electing a leader. */
export function isTransient(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (at instanceof RetriableError) return true;
    const { code, retriable } = at as Error & { code?: unknown; retriable?: unknown };
    // kafkajs marks its errors itself; known by shape, so that this package needs no Kafka client.
    if (retriable === true) return true;
    if (typeof code === 'string' && (systemCodes.has(code) || sqlStates.has(code) || /^08...$/.test(code))) return true;
    if (lostConnection.test(at.message)) return true;
    if (at instanceof AggregateError && at.errors.some(isTransient)) return true;
  }
  return false;
}
