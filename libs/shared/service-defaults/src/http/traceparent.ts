import type { IncomingHttpHeaders } from 'node:http';

export const traceHeader = 'traceparent';

/** Version 00, a trace and a span that are not zero, and flags: https://www.w3.org/TR/trace-context/#traceparent-header */
const traceparent = /^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;

/** The trace that a request belongs to. What is no such header is ignored, as its recommendation wants it. */
export function traceparentOf(headers: IncomingHttpHeaders): string | undefined {
  const trace = headers[traceHeader];
  return typeof trace === 'string' && traceparent.test(trace) ? trace : undefined;
}
