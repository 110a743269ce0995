import type { Ground } from '../own-ground.ts';
import type { RivalsPostgres } from './rivals-postgres.ts';

/** What a number of the tables is about. */
export interface Cell {
  /** What the payment provider takes for an answer. */
  paymentMs: number;
  /** How many SKUs the orders share between them: 1, 10 or 1,000. */
  hotSkus: number;
  /** Orders under way at any moment: a closed loop, so that the arm sets the pace. */
  inFlight: number;
}

/** One stretch of one arm: so many orders, and how they come. */
export interface Work extends Cell {
  orders: number;
  /** Orders a second, evenly spaced, however many are under way: an open loop, in the place of `inFlight`. */
  perSecond?: number;
}

export interface Outcome {
  /** Orders that ended as they should. */
  completed: number;
  /** Of each of those, in ms, from when it was due to its final status. */
  latenciesMs: number[];
  /** Every other end, by what it was: `503 overloaded`. */
  others: Record<string, number>;
  /** How often an order was refused, and placed again when it was told to. */
  refused?: number;
}

/**
 * One way of doing the same order: two lines of distinct SKUs, quantity 1 (`order-lines.ts`), stock taken, paid, its final
 * status written, every commit durable. Arms take turns on one machine; while one runs, the others have nothing to do.
 */
export interface Arm {
  /** Short, the same in every run: `a1`. */
  readonly name: string;
  /** One line for the tables: what this is. */
  readonly title: string;
  /** How it is set up, a line each: printed with its numbers. */
  readonly settings: string[];
  /** Where its commits and WAL are counted. One that does not use PostgreSQL has none. */
  readonly postgres?: { url: string; databases: string[] };
  /** Where its messages are counted; `dir` holds the broker's log. */
  readonly kafka?: { brokers: string[]; dir: string };
  /** How many of a cell's orders it has under way at any moment, where that is not all of them. */
  inFlight?(cell: Cell): number;
  /** The processes whose CPU counts, by part; each with everything below it. `simulators` are shown, and not counted. */
  pids(): Promise<Record<string, number>>;
  /** Resolves when every order has ended and nothing that belongs to one is left to do: the tail is part of the cost. */
  run(work: Work): Promise<Outcome>;
  /** @throws when what it was told to do is not what its books say: then no number of it counts */
  checkBooks(): Promise<void>;
  close(): Promise<void>;
}

export interface Bench extends Ground {
  /** Of the arms that are not Ringshop, which has its own: configured alike, and used by one arm at a time. */
  rivals: RivalsPostgres;
  /** Tells a person what is happening. */
  note: (text: string) => void;
}

/** Starts an arm on this ground, ready for work; its compilers have seen nothing yet. */
export type StartArm = (bench: Bench) => Promise<Arm>;
