import type { SagaLog } from './audit/saga-log.ts';

export interface Progress {
  /** Commands that were answered on the way forward, with what was said. */
  done: string[];
  /** Commands that were answered on the way back. */
  undone: string[];
  /** What is asked for now. */
  asking: string | undefined;
}

/** What a saga has done and undone so far, read from its log: an answer belongs to the command that was sent before it. */
export function progressOf(log: SagaLog): Progress {
  const progress: Progress = { done: [], undone: [], asking: undefined };
  let back = false;
  for (const [, what, detail = ''] of log) {
    if (what === 'sent') progress.asking = detail;
    else if (what === 'passed') progress.done.push(detail);
    else if (what === 'giving up') back = true;
    else if (what === 'ended') progress.asking = undefined;
    else if (what === 'reply' && progress.asking) {
      const list = back ? progress.undone : progress.done;
      const at = list.findIndex((entry) => entry.startsWith(`${progress.asking} `));
      // Asked again, it is the last answer that counts.
      list.splice(at < 0 ? list.length : at, 1, `${progress.asking} → ${detail}`);
    }
  }
  return progress;
}
