export { type RunningSimulators, startSimulators } from './start-simulators.ts';
