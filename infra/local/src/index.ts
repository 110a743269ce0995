export { defaultDir } from './command.ts';
export { readStatus, restartPart, stopPart, stopSystem } from './control-client.ts';
export { nodeProcess } from './node-process.ts';
export { type ProxiedServer, Refused, type SystemEvent, type SystemOptions } from './options.ts';
export type { Part } from './part.ts';
export { startSystem } from './start-system.ts';
export {
  type NothingRuns,
  nothingRuns,
  type PartKind,
  type PartState,
  type PartStatus,
  type StatusJson,
} from './status.ts';
export type { System } from './system.ts';
