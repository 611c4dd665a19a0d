/** Planted faults are found and clean data are left alone; test/campaigns/planted-faults.ts does it on all tables and seeds. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Random } from '../../../sdk/base/index.ts';
import { auditTable, PLANTS, soilTable } from './plants.ts';

const CHECKS = ['spurious-bands', 'shortcuts', 'leaks', 'data-bands'];

/** Grade of each fault-finding check. */
async function grades(table: Awaited<ReturnType<typeof soilTable>>) {
  const folder = mkdtempSync(join(tmpdir(), 'nadir-planted-'));
  const { findings } = await auditTable(table, folder, { seed: 0, quick: true, only: CHECKS, trees: 20, keep: 16 });
  return findings;
}

const clean = await soilTable('SP.231', 0);

test('nothing is found in clean data: 0 of 4', async () => {
  const findings = await grades(clean);
  expect(findings.map(({ check }) => check).sort()).toEqual([...CHECKS].sort());
  for (const { check, severity, passes, evidence } of findings)
    expect({ check, severity, passes, evidence }).toMatchObject({ severity: 'passed', passes: true });
});

/** Rows whose spectrum was changed, as lines of the table; only where rows keep their places. */
const changed = (table: typeof clean) =>
  table.spectra.flatMap((row, i) => (row.some((value, b) => value !== clean.spectra[i][b]) ? [i + 2] : []));

for (const [name, { check, plant }] of Object.entries(PLANTS))
  test(`${name} is found by ${check}, with rows that show it and what to do`, async () => {
    const { table } = plant(clean, Random.of(0, name));
    const finding = (await grades(table)).find((one) => one.check === check);
    expect(['major', 'medium', 'minor']).toContain(finding?.severity);
    expect(finding?.passes).toBe(false);
    expect(finding?.suggestion).not.toBe('');
    const rows = finding?.rows ?? [];
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row > 1 && row <= table.spectra.length + 1).toBe(true);
    // the value at which a band is stuck is that of the first row, which was not changed
    if (name.includes('band')) expect([...changed(table), 2]).toEqual(expect.arrayContaining([...rows]));
  });
