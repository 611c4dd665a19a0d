/** The claim that a fiftieth of the features does, in a form that fits a test; test/campaigns/prune-five-seeds.ts measures it in full. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SILENT } from '../../sdk/base/index.ts';
import { pruneSoilModel } from '../../sdk/explain/index.ts';

test('limesoda: 24 of 1,050 features, chosen inside the folds, cost at most 5 % of the score', async () => {
  const { full, curve, chosen, droppedRows } = await pruneSoilModel(
    {
      data: 'limesoda',
      targets: ['pH', 'clay', 'SOC'],
      keep: [24],
      folds: '3',
      seed: 0,
      forest: { trees: 30, minLeaf: 2, mtry: 1 / 3 },
      out: mkdtempSync(join(tmpdir(), 'nadir-few-')),
      threads: 1,
    },
    SILENT,
  );
  expect(full.features).toBe(1050);
  expect(droppedRows).toBe(356);
  expect(full.score).toBeLessThan(0.45);
  expect(chosen).toBe(24);
  expect(curve[0].lossPercent).toBeLessThanOrEqual(5);
});
