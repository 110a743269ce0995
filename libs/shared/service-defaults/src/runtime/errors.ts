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
 * SQLSTATEs of a server that cannot be worked with: shutting down or crashed (57P01–57P03), one that lets this service in no
 * more (28, while its password is being changed) or has not its database (3D000, after a fail-over to the wrong one). Class 08
 * is every connection failure; a database that is closed to connections says 55000, as other refusals do, but ends the
 * session over it.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const awayStates = /^(08...|28...|3D000|57P0[123])$/;
const closed = '55000';

/**
 * Serialization failure, deadlock, lock not available, statement cancelled by its time-out, idle transaction ended, read-only
 * after a fail-over; class 53, in which it has no room: no connection left, a full disk, out of memory; and class 58, its disk.
 */
const transientStates = /^(40001|40P01|55P03|57014|25P03|25006|5[38]...)$/;

/** pg reports a lost connection as a plain Error without a code. */
const lostConnection =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout|Connection is closed)/;

interface Told extends Error {
  code?: unknown;
  severity?: unknown;
  retriable?: unknown;
}

/** Whether the other side cannot be reached, or has hung up, or gives no sign of life: as against one that is there and says no. */
export function isAway(error: unknown): boolean {
  return ofAnyCause(error, ({ code, severity, message }) => {
    if (lostConnection.test(message)) return true;
    if (typeof code !== 'string') return false;
    return systemCodes.has(code) || awayStates.test(code) || (code === closed && severity === 'FATAL');
  });
}

/** Whether the same thing tried again can succeed: a connection, a deadlock, a broker that is electing a leader. */
export function isTransient(error: unknown): boolean {
  // kafkajs marks its errors itself; known by shape, so that this package needs no Kafka client.
  const mayPass = (at: Told) =>
    at instanceof RetriableError || at.retriable === true || transientStates.test(String(at.code));
  return ofAnyCause(error, mayPass) || isAway(error);
}

function ofAnyCause(error: unknown, test: (error: Told) => boolean): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (test(at)) return true;
    if (at instanceof AggregateError && at.errors.some((one) => ofAnyCause(one, test))) return true;
  }
  return false;
}
