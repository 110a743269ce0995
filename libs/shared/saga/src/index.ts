export * from './advance.ts';
export * from './check-definition.ts';
export * from './decision.ts';
export * from './definition.ts';
export * from './instance.ts';
export * from './saga-runner.ts';
export { sagaSchema } from './saga-table.ts';
export type { Ask, Pivot, Stage, Step } from './stage.ts';
export type { Note, Send, SomeData, Transition } from './turn.ts';
