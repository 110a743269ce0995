import type { Scenario } from '../scenario.ts';
import { flashSale } from './flash-sale.ts';
import { overload } from './overload.ts';
import { ramp } from './ramp.ts';
import { rollingRestart } from './rolling-restart.ts';
import { shardDown } from './shard-down.ts';
import { soak } from './soak.ts';

/** By the name of their script in k6/. */
export const scenarios: Record<string, Scenario> = {
  smoke: { shows: 'that it works: customers browse, buy and look, and some are refused', takes: '½ min' },
  ramp,
  steady: { shows: 'how long orders take at 70 % of the peak', takes: '1½ min', peak: 'needed' },
  mixed: { shows: 'browsing, buying, cancelling, and following by SSE and by polling, all at once', takes: '1¼ min' },
  'flash-sale': flashSale,
  overload,
  'shard-down': shardDown,
  'rolling-restart': rollingRestart,
  soak,
};
