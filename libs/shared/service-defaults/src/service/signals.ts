/**
 * The first SIGTERM or SIGINT stops in order and exits, 0 when all ended well; the second exits at once with the code a
 * shell gives that signal.
 */
export function onSignals(stop: () => Promise<boolean>): void {
  let stopping = false;
  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(code);
      stopping = true;
      void stop().then((clean) => process.exit(clean ? 0 : 1));
    });
  }
}

/**
 * What nobody caught ends the process: a state that nobody foresaw is not one to go on from. Logged by us, because Node
 * would print every property of the error, and a database error carries values of the row.
 */
export function onUncaught(log: (error: unknown) => void): void {
  process.on('uncaughtException', (error) => {
    log(error);
    process.exit(1);
  });
}
