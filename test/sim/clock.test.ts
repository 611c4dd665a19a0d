import { expect, test } from 'vitest';
import { type ClockMessage, SimulatedClock } from '../../sim/clock.ts';

function clockWithHand(startMs: number, rate: number) {
  let real = 0;
  const clock = new SimulatedClock(startMs, rate, () => real);
  return { clock, advance: (ms: number) => (real += ms) };
}

test('runs at its rate, and a change of rate loses no time', () => {
  const { clock, advance } = clockWithHand(1_000_000, 30);
  advance(100);
  expect(clock.now()).toBe(1_003_000);
  clock.setRate(1);
  advance(500);
  expect(clock.now()).toBe(1_003_500);
  clock.setRate(0);
  advance(10_000);
  expect(clock.now()).toBe(1_003_500);
});

test('steps forward to the next pass and never back', () => {
  const { clock, advance } = clockWithHand(0, 2);
  clock.stepTo(5_400_000);
  advance(10);
  expect(clock.now()).toBe(5_400_020);
  clock.stepTo(1_000);
  expect(clock.now()).toBe(5_400_020);
});

test('tells followers the time at once and at each change until they leave', () => {
  const { clock, advance } = clockWithHand(1_000, 10);
  const heard: ClockMessage[] = [];
  const leave = clock.follow({ send: (message) => heard.push(message) });
  advance(5);
  clock.setRate(20);
  clock.stepTo(9_000);
  leave();
  clock.setRate(1);
  expect(heard.map(({ clock: { timeMs, rate } }) => [timeMs, rate])).toEqual([
    [1_000, 10],
    [1_050, 20],
    [9_000, 20],
  ]);
});

test('waits for a simulated time at the simulated rate, and for a step', async () => {
  const clock = new SimulatedClock(0, 100_000);
  await clock.until(1_000_000);
  expect(clock.now()).toBeGreaterThanOrEqual(1_000_000);
  clock.setRate(0);
  const waiting = clock.until(9e9);
  clock.stepTo(9e9);
  await waiting;
  expect(clock.now()).toBe(9e9);
});

test('refuses a rate that is not a number of 0 or more', () => {
  expect(() => new SimulatedClock(0, -1)).toThrow(/rate/);
  expect(() => new SimulatedClock(0).setRate(Number.NaN)).toThrow(/rate/);
});
