import { CommandFailed, wholeNumber } from '@ringshop/operator';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios/index.ts';

export interface Choice {
  name: string;
  scenario: Scenario;
  /** As it was given; only where the load goes by it. */
  peak: number | undefined;
  /** 0 where the scenario has its own time. */
  minutes: number;
}

/** What the command line asks for. @throws CommandFailed for no scenario, or an option that would say nothing to it */
export function choiceOf(positionals: string[], values: { peak?: string; minutes?: string }): Choice {
  const [name = '', ...rest] = positionals;
  const scenario = Object.hasOwn(scenarios, name) ? scenarios[name] : undefined;
  if (!scenario || rest.length > 0) throw new CommandFailed(`name one scenario: ${Object.keys(scenarios).join(', ')}`);
  const peak = values.peak === undefined ? undefined : wholeNumber('peak', values.peak, 10, 10_000);
  if (peak && !scenario.peak) throw new CommandFailed(`${name} has a load of its own, and takes no --peak`);
  const minutes = values.minutes === undefined ? undefined : wholeNumber('minutes', values.minutes, 1, 600);
  if (minutes && !scenario.minutes) throw new CommandFailed(`${name} takes ${scenario.takes}, and no --minutes`);
  return { name, scenario, peak, minutes: minutes ?? scenario.minutes ?? 0 };
}

/** The command that does the same again, with what it went by. */
export function commandOf({ name, scenario, peak, minutes }: Choice): string {
  const options = `${scenario.peak && peak ? ` --peak ${peak}` : ''}${scenario.minutes ? ` --minutes ${minutes}` : ''}`;
  return `npm run load -- ${name}${options}`;
}
