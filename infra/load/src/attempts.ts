import { lineOf } from '@ringshop/operator';
import type { Goal } from './scenario.ts';

/**
 * What could not be done is a goal that was missed, and no end of everything: where the system is broken the table and the
 * report are wanted most.
 */
export class Attempts {
  readonly missed: Goal[] = [];

  constructor(private readonly note: (text: string) => void) {}

  /** @returns undefined where it could not be done, which is told at once */
  async to<T>(what: string, act: () => Promise<T> | T): Promise<T | undefined> {
    try {
      return await act();
    } catch (error) {
      const measured = `could not be done: ${lineOf(error)}`;
      this.missed.push({ goal: what, measured, met: false });
      this.note(`${what} ${measured}`);
      return undefined;
    }
  }
}
