import type { Arm, Bench, StartArm } from './arms/arm.ts';
import { startRivalsPostgres } from './arms/rivals-postgres.ts';
import { onOwnGround } from './own-ground.ts';

interface Options {
  withinMs: number;
  note: (text: string) => void;
  start: StartArm[];
}

/** Runs `work` on freshly started arms. Whatever happens, none of them is left running. */
export function onArms<T>(
  { withinMs, note, start }: Options,
  work: (arms: Arm[], bench: Bench) => Promise<T>,
): Promise<T> {
  return onOwnGround(withinMs, async (ground) => {
    const rivals = await startRivalsPostgres(ground);
    const bench: Bench = { ...ground, rivals, note };
    const arms: Arm[] = [];
    try {
      note('starting the arms');
      for (const startArm of start) arms.push(await startArm(bench));
      return await work(arms, bench);
    } finally {
      await Promise.allSettled(arms.map((arm) => arm.close()));
      await rivals.stop();
    }
  });
}
