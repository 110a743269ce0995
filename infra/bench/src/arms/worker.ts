import type { Outcome, Work } from './arm.ts';

/** From the benchmark to an arm's own process: work, or an empty line for the end. */
export type ToWorker = { work: Work } | 'end';
/** And back. */
export type FromWorker = 'ready' | { outcome: Outcome };

/** What an arm in a process of its own does there. */
export interface Working {
  run(work: Work): Promise<Outcome>;
  close(): Promise<void>;
}

/** The main loop of such a process. What fails ends it, and its last words say why. */
export function serveWork(working: Working): void {
  const tell = (message: FromWorker) => process.send!(message);
  process.on('message', async (message: ToWorker) => {
    if (message !== 'end') return tell({ outcome: await working.run(message.work) });
    await working.close();
    process.disconnect!();
  });
  // Whoever started it is gone.
  process.once('disconnect', () => process.exit());
  tell('ready');
}
