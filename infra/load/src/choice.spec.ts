import { expect, it } from 'vitest';
import { choiceOf, commandOf } from './choice.ts';

it.each(['steady', 'soak', 'shard-down', 'rolling-restart'])(
  '%s goes by a peak, and its command tells which',
  (name) => {
    const choice = choiceOf([name], { peak: '300' });
    expect(choice.peak).toBe(300);
    expect(commandOf(choice)).toContain(`${name} --peak 300`);
  },
);

it.each(['smoke', 'ramp', 'mixed', 'flash-sale', 'overload'])(
  '%s has a load of its own, and refuses a peak',
  (name) => {
    expect(() => choiceOf([name], { peak: '300' })).toThrow(`${name} has a load of its own, and takes no --peak`);
    expect(commandOf(choiceOf([name], {}))).toBe(`npm run load -- ${name}`);
  },
);

it('goes on for the minutes that are given, where they mean anything', () => {
  expect(commandOf(choiceOf(['soak'], { minutes: '30' }))).toBe('npm run load -- soak --minutes 30');
  expect(choiceOf(['soak'], {}).minutes).toBe(10);
  expect(() => choiceOf(['steady'], { minutes: '30' })).toThrow('no --minutes');
});

it.each([[[]], [['nothing']], [['toString']], [['smoke', 'ramp']]])('is of one scenario, not of %j', (names) => {
  expect(() => choiceOf(names, {})).toThrow('name one scenario: smoke, ramp');
});
