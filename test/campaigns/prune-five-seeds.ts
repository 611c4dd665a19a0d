/**
 * The claim that 24 features cost at most 5 % of the score, in full: `nadir spectra prune` on limesoda with the published folds and five
 * seeds. Prints one JSON document; exit code 1 where the claim fails. Run: node tools/pinned.mjs test/campaigns/prune-five-seeds.ts [trees] [threads]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SILENT } from '../../sdk/base/index.ts';
import { DEFAULT_FOREST, pruneSoilModel } from '../../sdk/explain/index.ts';

const trees = Number(process.argv[2] ?? DEFAULT_FOREST.trees);
const threads = Number(process.argv[3] ?? 2);
const out = await mkdtemp(join(tmpdir(), 'nadir-prune-'));
async function prune(seed: number) {
  const started = performance.now();
  const before = process.cpuUsage();
  const { full, curve, chosen } = await pruneSoilModel(
    {
      data: 'limesoda',
      targets: ['pH', 'clay', 'SOC'],
      keep: [12, 24, 48, 120],
      folds: 'column:fold',
      seed,
      forest: { ...DEFAULT_FOREST, trees },
      out,
      threads,
    },
    SILENT,
  );
  const { user, system } = process.cpuUsage(before);
  return {
    seed,
    full: full.score,
    curve: curve.map(({ keep, score, lossPercent, bandsRead, agreement }) => ({
      keep,
      score,
      lossPercent,
      bandsRead,
      agreement,
    })),
    chosen,
    wallSeconds: (performance.now() - started) / 1000,
    cpuSeconds: (user + system) / 1e6,
  };
}

const runs: Awaited<ReturnType<typeof prune>>[] = [];
for (const seed of [0, 1, 2, 3, 4]) runs.push(await prune(seed));
await rm(out, { recursive: true });
const meanOver = (value: (run: (typeof runs)[number]) => number) =>
  runs.reduce((sum, run) => sum + value(run), 0) / runs.length;
console.log(
  JSON.stringify(
    {
      trees,
      meanFullScore: meanOver((run) => run.full),
      mean: runs[0].curve.map(({ keep }, i) => ({
        keep,
        score: meanOver((run) => run.curve[i].score),
        lossPercent: meanOver((run) => run.curve[i].lossPercent),
      })),
      runs,
    },
    null,
    2,
  ),
);
const at24 = meanOver((run) => run.curve.find(({ keep }) => keep === 24)?.lossPercent ?? Number.POSITIVE_INFINITY);
if (at24 > 5) process.exitCode = 1;
