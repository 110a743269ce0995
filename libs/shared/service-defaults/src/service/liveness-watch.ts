import type { Health, Reason } from './health.ts';

/** EX_SOFTWARE of sysexits.h: it ended because it was dead, and a supervisor should start it again. */
export const deadExitCode = 70;

/**
 * Calls `end`, once, when the service has been dead for `afterMs` without a break. Until then its probe tells why, to
 * whoever looks; after that nobody needs to have looked: Compose starts an unhealthy container again only when it ends.
 * @returns what ends the watch
 */
export function watchLiveness(health: Health, afterMs: number, end: (reasons: Reason[]) => void): () => void {
  let deadSince: number | undefined;
  const look = () => {
    const reasons = health.live();
    if (reasons.length === 0) {
      deadSince = undefined;
      return;
    }
    deadSince ??= performance.now();
    if (performance.now() - deadSince < afterMs) return;
    clearInterval(timer);
    end(reasons);
  };
  const timer = setInterval(look, Math.max(1, afterMs / 10));
  timer.unref();
  return () => clearInterval(timer);
}
