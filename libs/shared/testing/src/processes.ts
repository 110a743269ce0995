type Target = number | { pid: number };

const pidOf = (target: Target) => (typeof target === 'number' ? target : target.pid);

/** Stops a process in its tracks (SIGSTOP), as a long garbage collection or a frozen machine would. */
export function pause(target: Target): void {
  process.kill(pidOf(target), 'SIGSTOP');
}

export function resume(target: Target): void {
  process.kill(pidOf(target), 'SIGCONT');
}

/** kill -9. */
export function kill(target: Target): void {
  process.kill(pidOf(target), 'SIGKILL');
}
