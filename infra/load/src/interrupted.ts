/**
 * Aborted at Ctrl-C: what was broken is put right again, and k6 ends by itself. A second signal changes nothing, for one Ctrl-C
 * under npm may be two of them: the terminal tells everybody, and npm passes on what it was told.
 */
export function interrupted(): AbortSignal {
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort());
  return ending.signal;
}
