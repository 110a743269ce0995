/**
 * How a call of the provider can go wrong. With `…Done` the request was worked on first, so its effect stands and only its
 * caller does not know; without it nothing happened.
 *
 *   http500, http500Done    500 with a page of HTML
 *   http503                 503
 *   http429                 429 with `Retry-After`
 *   hang, hangDone          no answer, the connection stays open
 *   reset, resetDone        no answer, the connection is reset
 *   halfAnswer              done; the answer begins and never ends
 *   twice                   the request is delivered twice, and its answer comes twice on the same connection
 */
export const faults = [
  'http500',
  'http500Done',
  'http503',
  'http429',
  'hang',
  'hangDone',
  'reset',
  'resetDone',
  'halfAnswer',
  'twice',
] as const;
export type Fault = (typeof faults)[number];
