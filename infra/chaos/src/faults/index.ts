import type { FaultKind } from '../deck.ts';
import { brokerRestart } from './broker-restart.ts';
import { clockJump } from './clock-jump.ts';
import { cut } from './cut.ts';
import { delay } from './delay.ts';
import { duplicate } from './duplicate.ts';
import { failpoint } from './failpoint.ts';
import type { Strike } from './fault.ts';
import { flush } from './flush.ts';
import { kill } from './kill.ts';
import { pause } from './pause.ts';
import { provider } from './provider.ts';
import { restart } from './restart.ts';
import { swallow } from './swallow.ts';

/** How each kind of fault is done. */
export const strikes: Record<FaultKind, Strike> = {
  kill,
  pause,
  restart,
  'broker-restart': brokerRestart,
  flush,
  delay,
  swallow,
  cut,
  duplicate,
  failpoint,
  provider,
  'clock-jump': clockJump,
};
