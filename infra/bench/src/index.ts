export { quick, type Result } from './quick.ts';
