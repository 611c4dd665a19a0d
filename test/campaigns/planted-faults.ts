/**
 * The claim that the red team finds planted faults and leaves clean data alone: each fault planted into each base table under several seeds,
 * trained, audited by all checks that find faults. Prints one JSON document; exit code 1 where a fault is missed or a clean table is graded.
 * Run: node tools/pinned.mjs test/campaigns/planted-faults.ts [SEEDS] [THREADS] [BASE]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../sdk/base/index.ts';
import { auditTable, BASES, type BaseName, PLANTS, soilTable } from '../explain/redteam/plants.ts';

const [seeds = 3, threads = 2] = process.argv.slice(2, 4).map(Number);
const bases = Object.keys(BASES).filter((name) => (process.argv[4] ?? name) === name) as BaseName[];
const CHECKS = ['spurious-bands', 'shortcuts', 'leaks', 'data-bands'];
const folder = await mkdtemp(join(tmpdir(), 'nadir-planted-'));
const runs: {
  base: string;
  seed: number;
  planted: string;
  what: string;
  graded: Record<string, string>;
  right: boolean;
}[] = [];
try {
  for (const base of bases)
    for (let seed = 0; seed < seeds; seed++) {
      const clean = await soilTable(base, seed);
      const cases = [
        { planted: 'nothing', check: '', what: 'the same data', table: clean },
        ...Object.entries(PLANTS).map(([planted, { check, plant }]) => ({
          planted,
          check,
          ...plant(clean, Random.of(seed, `${base} ${planted}`)),
        })),
      ];
      for (const { planted, check, what, table } of cases) {
        const own = await mkdtemp(join(folder, 'case-'));
        const { findings } = await auditTable(table, own, {
          seed,
          quick: true,
          only: CHECKS,
          trees: 60,
          keep: 24,
          threads,
        });
        const graded = Object.fromEntries(findings.map((finding) => [finding.check, finding.severity]));
        const isRaised = (name: string) => graded[name] !== 'passed' && graded[name] !== 'skipped';
        const right = check === '' ? !CHECKS.some(isRaised) : isRaised(check);
        runs.push({ base, seed, planted, what, graded, right });
        console.error(
          `${right ? 'right' : 'WRONG'} ${base} seed ${seed}: ${planted} (${what}) → ${JSON.stringify(graded)}`,
        );
        await rm(own, { recursive: true });
      }
    }
} finally {
  await rm(folder, { recursive: true, force: true });
}
const planted = runs.filter((run) => run.planted !== 'nothing');
const clean = runs.filter((run) => run.planted === 'nothing');
const falseAlarms = clean.flatMap(({ graded }) =>
  CHECKS.filter((name) => !['passed', 'skipped'].includes(graded[name])),
);
console.log(
  JSON.stringify(
    {
      seeds,
      found: planted.filter((run) => run.right).length,
      planted: planted.length,
      falseAlarms: falseAlarms.length,
      controls: clean.length * CHECKS.length,
      byFault: Object.fromEntries(
        Object.keys(PLANTS).map((name) => {
          const own = planted.filter((run) => run.planted === name);
          return [name, `${own.filter((run) => run.right).length} of ${own.length}`];
        }),
      ),
      runs,
    },
    null,
    2,
  ),
);
process.exitCode = runs.every((run) => run.right) ? 0 : 1;
