import { readFileSync, writeSync } from 'node:fs';

/**
 * Loaded before a service (`node --import`), so that no service carries a switch for it: its wall clock is off by as many
 * milliseconds as the file named by CHAOS_CLOCK_FILE says. Timers and `performance.now()` go on as they are, like those
 * of a machine whose time is set.
 */
const file = process.env.CHAOS_CLOCK_FILE;
const RealDate = Date;
let offsetMs = 0;

const now = () => RealDate.now() + offsetMs;

function ShiftedDate(...given: unknown[]): Date | string {
  if (!new.target) return new RealDate(now()).toString();
  return Reflect.construct(RealDate, given.length === 0 ? [now()] : given, new.target);
}
// The same prototype: what is a Date for one half of the program has to be one for the other.
ShiftedDate.prototype = RealDate.prototype;
Object.setPrototypeOf(ShiftedDate, RealDate);
ShiftedDate.now = now;

function look(path: string): void {
  const said = readOffset(path);
  if (said === offsetMs) return;
  offsetMs = said;
  writeSync(2, `clock jumped: ${offsetMs} ms\n`);
}

function readOffset(path: string): number {
  try {
    return Number(readFileSync(path, 'utf8')) || 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

if (file) {
  globalThis.Date = ShiftedDate as unknown as DateConstructor;
  look(file);
  setInterval(() => look(file), 100).unref();
}
