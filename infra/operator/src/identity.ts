import type { SystemUrls } from './system.ts';

/** What a token is to say; what is left out is as the identity provider has it by default. */
export interface TokenRequest {
  sub: string;
  role?: string | undefined;
  /** Seconds. */
  expiresIn?: number | undefined;
  audience?: string | undefined;
  issuer?: string | undefined;
}

/** A bearer token from the identity provider. */
export async function issueToken({ simulators }: SystemUrls, request: TokenRequest): Promise<string> {
  const answer = await fetch(new URL('/identity/token', simulators), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
    signal: AbortSignal.timeout(5000),
  }).catch((cause) => {
    throw new Error(`nothing answers on ${simulators}: is the system running (npm start)?`, { cause });
  });
  if (!answer.ok) throw new Error(`the identity provider answered ${answer.status}`);
  return ((await answer.json()) as { token: string }).token;
}
