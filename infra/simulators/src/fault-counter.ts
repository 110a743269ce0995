/** How often each fault was injected: a test whose fault never fired proves nothing. */
export class FaultCounter {
  readonly #counts = new Map<string, number>();

  count(fault: string): void {
    this.#counts.set(fault, (this.#counts.get(fault) ?? 0) + 1);
  }

  get fired(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }

  /** Prometheus text format. */
  metrics(): string {
    const lines = [...this.#counts].map(([fault, count]) => `simulator_faults_total{fault="${fault}"} ${count}`);
    return ['# TYPE simulator_faults_total counter', ...lines, ''].join('\n');
  }
}
