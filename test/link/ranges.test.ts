import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flattenRanges, RangeSet, unflattenRanges } from '../../sdk/link/index.ts';

const range = fc
  .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 12 }))
  .map(([first, length]) => ({ first, last: first + length }));

function build(added: readonly { first: number; last: number }[]) {
  const ranges = new RangeSet();
  const oracle = new Set<number>();
  for (const { first, last } of added) {
    const before = oracle.size;
    for (let value = first; value <= last; value++) oracle.add(value);
    expect(ranges.add(first, last)).toBe(oracle.size - before);
  }
  return { ranges, oracle };
}

describe('a range set', () => {
  it('holds exactly the numbers that a plain set holds, whatever the order of additions', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 20 }), (added) => {
        const { ranges, oracle } = build(added);
        for (let value = 0; value <= 80; value++) expect(ranges.has(value)).toBe(oracle.has(value));
        expect(ranges.size).toBe(oracle.size);
        expect(ranges.last).toBe(Math.max(0, ...oracle));
      }),
    );
  });

  it('keeps its ranges ascending, disjoint and never touching', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 20 }), (added) => {
        const { ranges } = build(added);
        ranges.ranges.forEach(({ first, last }, i) => {
          expect(last).toBeGreaterThanOrEqual(first);
          if (i > 0) expect(first).toBeGreaterThan(ranges.ranges[i - 1].last + 1);
        });
      }),
    );
  });

  it('names exactly the numbers of an interval that are missing', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 12 }), range, (added, asked) => {
        const { ranges, oracle } = build(added);
        const expected: number[] = [];
        for (let value = asked.first; value <= asked.last; value++) if (!oracle.has(value)) expected.push(value);
        const missing = ranges
          .missing(asked.first, asked.last)
          .flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
        expect(missing).toEqual(expected);
      }),
    );
  });

  it('refuses what is no range', () => {
    expect(() => new RangeSet().add(3, 2)).toThrow(RangeError);
    expect(() => new RangeSet().add(1.5)).toThrow(RangeError);
  });
});

describe('ranges on the wire', () => {
  const streamRange = fc.record({ boot: fc.integer({ min: 1 }), stream: fc.nat(5), at: range }).map((item) => ({
    boot: item.boot,
    stream: item.stream,
    ...item.at,
  }));

  it('come back as they went', () => {
    fc.assert(
      fc.property(fc.array(streamRange, { maxLength: 30 }), (ranges) => {
        expect(unflattenRanges(flattenRanges(ranges))).toEqual(ranges);
      }),
    );
  });

  it('are refused when cut, backwards or without a boot', () => {
    expect(unflattenRanges([1, 2, 3])).toBeUndefined();
    expect(unflattenRanges([1, 2, 9, 8])).toBeUndefined();
    expect(unflattenRanges([0, 2, 1, 1])).toBeUndefined();
    expect(unflattenRanges([1, 2, 0, 1])).toBeUndefined();
  });
});
