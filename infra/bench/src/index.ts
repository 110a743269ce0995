export type { ArmResult } from './arm-result.ts';
export type { Performance } from './docs/performance.ts';
export type { Goal } from './goal.ts';
