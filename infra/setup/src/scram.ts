import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

const iterations = 4096;
const shape = /^SCRAM-SHA-256\$(?<iterations>\d+):(?<salt>[^$]+)\$(?<storedKey>[^:]+):(?<serverKey>.+)$/;

/**
 * What PostgreSQL stores of a password (RFC 5803). Made here, the password itself never reaches the server, whose logs keep
 * statements. For ASCII only: anything else would have to be prepared (SASLprep).
 */
export function scramVerifier(password: string, salt = randomBytes(16), rounds = iterations): string {
  const salted = pbkdf2Sync(password, salt, rounds, 32, 'sha256');
  const keyOf = (what: string) => createHmac('sha256', salted).update(what).digest();
  const storedKey = createHash('sha256').update(keyOf('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${rounds}:${salt.toString('base64')}$${storedKey}:${keyOf('Server Key').toString('base64')}`;
}

/** Whether a stored verifier, or the lack of one, is that of this password. */
export function isVerifierOf(password: string, verifier: string | null): boolean {
  const found = shape.exec(verifier ?? '')?.groups;
  // A role can store what it likes for itself: rounds without end would keep setup busy for hours.
  if (!found || Number(found.iterations) > iterations) return false;
  const own = scramVerifier(password, Buffer.from(found.salt!, 'base64'), Number(found.iterations));
  return own.length === verifier!.length && timingSafeEqual(Buffer.from(own), Buffer.from(verifier!));
}
