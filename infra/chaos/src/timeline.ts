import { styleText } from 'node:util';
import type { PlannedFault } from './plan.ts';

export type Moment = 'note' | 'strike' | 'heal' | 'miss' | 'trouble';

export interface Entry {
  /** Since the load began; negative before. */
  atMs: number;
  what: Moment;
  text: string;
}

const looks = {
  note: ['dim', '·'],
  strike: ['red', '✗'],
  heal: ['green', '✓'],
  miss: ['yellow', '?'],
  trouble: ['magenta', '!'],
} as const;

/** What was done and when, as it happens: on standard error, coloured where that is a terminal. */
export class Timeline {
  readonly entries: Entry[] = [];
  #zero = performance.now();

  constructor(private readonly stream: NodeJS.WritableStream = process.stderr) {}

  /** From here times are counted. */
  begin(): void {
    this.#zero = performance.now();
  }

  tell(what: Moment, text: string): void {
    const atMs = Math.round(performance.now() - this.#zero);
    this.entries.push({ atMs, what, text });
    const [colour, mark] = looks[what];
    const seconds = (atMs / 1_000).toFixed(1).padStart(7);
    this.stream.write(`${seconds} s  ${styleText(colour, `${mark} ${text}`, { stream: this.stream })}\n`);
  }
}

/** `kill order-1.2 for 1.3 s`, `cut redis (times 2)`. */
export function faultText({ fault, target, lastsMs, parameters }: PlannedFault): string {
  const details = Object.entries(parameters).map(([name, value]) => `${name} ${value}`);
  const lasts = lastsMs > 0 ? ` for ${(lastsMs / 1_000).toFixed(1)} s` : '';
  return `${fault} ${target}${lasts}${details.length > 0 ? ` (${details.join(', ')})` : ''}`;
}

export function planText(plan: PlannedFault[]): string {
  return plan.map((fault) => `${(fault.atMs / 1_000).toFixed(1).padStart(7)} s  ${faultText(fault)}`).join('\n');
}
