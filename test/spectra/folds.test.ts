import { describe, expect, test } from 'vitest';
import { makeFolds, NEVER_HELD_OUT, parseSpectraTable } from '../../sdk/spectra/index.ts';

const N = 60;
const table = parseSpectraTable(
  `field,fold,500\n${Array.from({ length: N }, (_, i) => `f${Math.floor(Math.sqrt(i))},${(i % 3) + 9},1`).join('\n')}\n`,
  'soil.csv',
);
const rows = Uint32Array.from({ length: N }, (_, i) => i);
const sizes = (of: Uint16Array) =>
  [...of].reduce((count, fold) => count.set(fold, (count.get(fold) ?? 0) + 1), new Map());

describe('folds', () => {
  test('random folds differ in size by at most one row, repeat with the seed and change with it', () => {
    const { of, names } = makeFolds(table, rows, { spec: '7', seed: 1 });
    expect(names).toHaveLength(7);
    const counts = [...sizes(of).values()];
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    expect(makeFolds(table, rows, { spec: '7', seed: 1 }).of).toEqual(of);
    expect(makeFolds(table, rows, { spec: '7', seed: 2 }).of).not.toEqual(of);
  });

  test('a column gives one fold a value, in numeric order', () => {
    const { of, names } = makeFolds(table, rows, { spec: 'column:fold', seed: 0 });
    expect(names).toEqual(['9', '10', '11']);
    expect([...of.subarray(0, 4)]).toEqual([0, 1, 2, 0]);
  });

  test('a row whose fold or group is not known is refused with its line: it could stand on both sides', () => {
    const holey = parseSpectraTable('field,500\na,1\n,1\nb,1\nb,1\n', 'holey.csv');
    const all = Uint32Array.of(0, 1, 2, 3);
    for (const options of [{ spec: 'column:field' }, { spec: '2', group: 'field' }])
      expect(() => makeFolds(holey, all, { ...options, seed: 0 })).toThrow(/column field is empty in line 3/);
  });

  test('grouped folds never split a field and are about equal', () => {
    const { of } = makeFolds(table, rows, { spec: '3', group: 'field', seed: 0 });
    const foldsOfField = new Map<string, Set<number>>();
    table.columns.get('field')?.forEach((field, row) => {
      foldsOfField.set(field, (foldsOfField.get(field) ?? new Set()).add(of[row]));
    });
    for (const folds of foldsOfField.values()) expect(folds.size).toBe(1);
    for (const size of sizes(of).values()) expect(size).toBeGreaterThanOrEqual(14);
  });

  test('one group out holds out each field by itself', () => {
    const { of, names, kind } = makeFolds(table, rows, { spec: 'one-group-out', group: 'field', seed: 0 });
    expect(names).toHaveLength(8);
    expect(kind).toBe('grouped');
    table.columns.get('field')?.forEach((field, row) => {
      expect(names[of[row]]).toBe(field);
    });
  });

  test.each(['kennard-stone', 'duplex'])(
    '%s holds out a quarter, and trains on the extremes of the spectra',
    (spec) => {
      const ramp = parseSpectraTable(
        `500,510\n${Array.from({ length: 40 }, (_, i) => `${i},${2 * i}`).join('\n')}\n`,
        'x',
      );
      const { of, names, scheme } = makeFolds(ramp, Uint32Array.from(Array(40).keys()), { spec, seed: 0 });
      expect(names).toEqual(['held out']);
      expect([...of].filter((fold) => fold === 0)).toHaveLength(10);
      expect([of[0], of[39]]).toEqual([NEVER_HELD_OUT, NEVER_HELD_OUT]);
      expect(scheme).toContain('10 of 40 rows');
    },
  );

  test.each([
    ['one-group-out', undefined],
    ['kennard-stone:0.7', undefined],
    ['duplex', 'field'],
    ['1', undefined],
    ['five', undefined],
    ['61', undefined],
    ['9', 'field'],
    ['column:nothing', undefined],
    ['column:fold', 'field'],
  ])('--folds %s with --group %s is wrong usage', (spec, group) => {
    expect(() => makeFolds(table, rows, { spec, seed: 0, ...(group === undefined ? {} : { group }) })).toThrow(
      expect.objectContaining({ exitCode: 2 }),
    );
  });
});
