/**
 * Aborted at Ctrl-C: what was broken is put right again, and what was started ends by itself, each with a bound on how long that may
 * take. A second signal changes nothing, for one Ctrl-C under npm may be two of them: the terminal tells everybody, and npm passes on
 * what it was told.
 */
export function interrupted(): AbortSignal {
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort());
  return ending.signal;
}
