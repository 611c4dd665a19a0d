import { describe, expect, it } from 'vitest';
import { parseClockMessage } from '../../sdk/onboard/clock.ts';
import { SteppedClock } from '../../sdk/onboard/index.ts';

describe('a stepped clock', () => {
  it('runs at its rate from its start, and anew from each setting, backwards too', () => {
    let monotonic = 500;
    const clock = new SteppedClock({ timeMs: 1_000_000, rate: 60 }, () => monotonic);
    expect(clock.nowMs()).toBe(1_000_000);
    monotonic += 1000;
    expect(clock.nowMs()).toBe(1_060_000);
    clock.set({ timeMs: 5000, rate: 0 });
    monotonic += 1000;
    expect(clock.nowMs()).toBe(5000);
  });

  it('takes settings from messages, and nothing else', () => {
    expect(parseClockMessage({ clock: { timeMs: 1, rate: 2 } })).toEqual({ timeMs: 1, rate: 2 });
    for (const other of [
      undefined,
      null,
      'clock',
      {},
      { clock: null },
      { clock: { timeMs: 1 } },
      { clock: { timeMs: Number.NaN, rate: 1 } },
      { clock: { timeMs: 1e300, rate: 1 } },
      { clock: { timeMs: 1, rate: -1 } },
    ]) {
      expect(parseClockMessage(other)).toBeUndefined();
    }
  });
});
