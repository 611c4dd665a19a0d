import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GapLedger } from '../../sdk/ground/ledger.ts';

const KEY = { craft: 'sat', boot: 3, stream: 'soil' };

test('a hole is a gap only once declared, and goes from open to asked to filled', () => {
  const ledger = new GapLedger();
  ledger.arrive(KEY, 1, 4);
  ledger.arrive(KEY, 8);
  expect(ledger.unfinished('sat')).toEqual([]);
  ledger.declare('sat', 100);
  expect(ledger.unfinished('sat')).toMatchObject([
    { id: 1, first: 5, last: 7, state: 'open', missing: 3, openedMs: 100 },
  ]);
  ledger.asked(ledger.unfinished('sat'), 200);
  ledger.arrive(KEY, 6);
  ledger.settle(300);
  expect(ledger.unfinished('sat')).toMatchObject([{ id: 1, state: 'asked', missing: 2, asks: 1, askedMs: 200 }]);
  ledger.arrive(KEY, 5);
  ledger.arrive(KEY, 7);
  ledger.settle(400);
  expect(ledger.unfinished('sat')).toEqual([]);
  expect(ledger.takeChanged()).toMatchObject([{ id: 1, state: 'filled', missing: 0, closedMs: 400 }]);
  expect(ledger.hasChanged).toBe(false);
});

test('a gap of which a part was dropped on board ends as expired', () => {
  const ledger = new GapLedger(9);
  ledger.expect(KEY, 3);
  ledger.declare('sat', 1);
  ledger.expire(KEY, 1, 2);
  ledger.arrive(KEY, 3);
  ledger.settle(2);
  expect(ledger.takeChanged()).toMatchObject([{ id: 9, state: 'expired', missing: 0 }]);
  expect(ledger.of(KEY)).toMatchObject({ missing: 0, expired: 2, expected: 3 });
});

test('whatever comes in whatever order, missing is exactly what is known to exist and is not here, and gaps cover it without overlap', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('arrive' as const), at: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ kind: fc.constant('expect' as const), at: fc.integer({ min: 0, max: 40 }) }),
    fc.record({ kind: fc.constant('expire' as const), at: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ kind: fc.constant('declare' as const), at: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const ledger = new GapLedger();
      const settled = new Set<number>();
      let expected = 0;
      for (const { kind, at } of steps) {
        if (kind === 'declare') ledger.declare('sat', 1);
        else if (kind === 'expect') ledger.expect(KEY, at);
        else ledger[kind](KEY, at, at);
        if (kind === 'arrive' || kind === 'expire') settled.add(at);
        if (kind !== 'declare') expected = Math.max(expected, at);
      }
      ledger.declare('sat', 2);
      const missing = Array.from({ length: expected }, (_, i) => i + 1).filter((n) => !settled.has(n));
      expect(ledger.of(KEY).missing).toBe(missing.length);
      const covered = ledger
        .unfinished('sat')
        .flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
      expect(new Set(covered).size).toBe(covered.length);
      expect(covered.filter((n) => !settled.has(n)).sort((a, b) => a - b)).toEqual(missing);
    }),
    { numRuns: 300 },
  );
});
