import { performance } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/**
 * Everything this process measures; served at /metrics. Labels are bounded sets, never ids. docs/metrics.md is written from what
 * modules register as they are loaded.
 */
export const registry = new Registry();

/**
 * With labels it has no series before its first count, and Prometheus sees no increase in a series that begins at 1. Where a
 * single count is to be noticed, count 0 at the start.
 */
export const counter = <L extends string = never>(
  name: string,
  help: string,
  labelNames: L[] = [],
  collect?: (this: Counter<L>) => void,
): Counter<L> => new Counter({ name, help, labelNames, registers: [registry], ...(collect && { collect }) });

export const gauge = <L extends string = never>(
  name: string,
  help: string,
  labelNames: L[] = [],
  collect?: (this: Gauge<L>) => void,
): Gauge<L> => new Gauge({ name, help, labelNames, registers: [registry], ...(collect && { collect }) });

/** `buckets` in the unit the name says; seconds as a rule. */
export const histogram = <L extends string = never>(
  name: string,
  help: string,
  buckets: number[],
  labelNames: L[] = [],
): Histogram<L> => new Histogram({ name, help, buckets, labelNames, registers: [registry] });

// Read when scraped. prom-client's own defaults keep a 10 ms event-loop sampler and a GC observer running all the time.
counter('process_cpu_seconds_total', 'CPU time used, user and system', [], function () {
  const { user, system } = process.cpuUsage();
  this.reset();
  this.inc((user + system) / 1e6);
});
gauge('process_resident_memory_bytes', 'Resident memory', [], function () {
  this.set(process.memoryUsage.rss());
});
gauge('nodejs_heap_used_bytes', 'Heap in use', [], function () {
  this.set(process.memoryUsage().heapUsed);
});
gauge('nodejs_active_resources', 'Sockets, timers and requests that keep the process alive', [], function () {
  this.set(process.getActiveResourcesInfo().length);
});
gauge('nodejs_eventloop_utilization', 'Share of time the event loop was busy since start', [], function () {
  this.set(performance.eventLoopUtilization().utilization);
});
