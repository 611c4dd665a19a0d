/**
 * The claim that chosen models beat the floors, in full: R² out of fold on 16 pairs of data set and target (published folds of LimeSoDa, ten
 * random folds of the tropical set) for PLS, one configuration of extra trees, and what `auto` chooses inside the folds. Prints a table and the
 * medians; exit code 1 where the claim fails. Run: node tools/pinned.mjs test/campaigns/sixteen-pairs.ts [threads] [seed]
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SILENT } from '../../sdk/base/index.ts';
import { type TrainOptions, trainSoilModel } from '../../sdk/explain/index.ts';
import { resolveDataset } from '../../sdk/spectra/index.ts';

export interface Pair {
  readonly set: string;
  readonly target: string;
}

export const PAIRS: readonly Pair[] = [
  ...['exP', 'exK', 'exMg', 'pH'].map((target) => ({ set: 'tropical', target })),
  ...['pH', 'clay', 'SOC'].map((target) => ({ set: 'CV.98', target })),
  ...['pH', 'clay', 'SOC'].map((target) => ({ set: 'SSP.460', target })),
  ...['pH', 'clay', 'SOM'].map((target) => ({ set: 'SP.231', target })),
  ...['pH', 'clay', 'SOM'].map((target) => ({ set: 'SL.125', target })),
];

export const CONFIGURATIONS = {
  pls: { model: 'pls' },
  forest: { model: 'extra', groups: ['pre', 'abs.sg1'], forest: { minLeaf: 1 } },
  auto: { model: 'auto' },
} as const satisfies Record<string, Partial<TrainOptions>>;

/** Trains one configuration on one pair and gives back the target's figures. */
export async function measure(
  { set, target }: Pair,
  options: Partial<TrainOptions>,
  { folder, threads, seed }: { readonly folder: string; readonly threads: number; readonly seed: number },
) {
  const { score, auto } = await trainSoilModel(
    {
      model: 'auto',
      forest: {},
      ...options,
      data: set === 'tropical' ? 'tropical' : rowsOf(set, folder),
      targets: [target],
      folds: set === 'tropical' ? '10' : 'column:fold',
      seed,
      threads,
      out: join(folder, 'model'),
    },
    SILENT,
  );
  return { ...score.perTarget[target], auto };
}

/** The rows of one LimeSoDa set as a table of their own. */
function rowsOf(set: string, folder: string): string {
  const [header, ...lines] = readFileSync(resolveDataset('limesoda'), 'utf8').trimEnd().split('\n');
  const path = join(folder, `${set}.csv`);
  writeFileSync(path, [header, ...lines.filter((line) => line.startsWith(`${set},`))].join('\n'));
  return path;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

async function campaign(threads: number, seed: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'nadir-pairs-'));
  const names = Object.keys(CONFIGURATIONS) as (keyof typeof CONFIGURATIONS)[];
  const r2 = new Map(names.map((name) => [name, [] as number[]]));
  console.log(['set', 'target', 'n', ...names.flatMap((name) => [`${name} R²`, 'RPIQ'])].join('\t'));
  for (const pair of PAIRS) {
    const cells: (string | number)[] = [];
    let n = 0;
    for (const name of names) {
      const figures = await measure(pair, CONFIGURATIONS[name], { folder, threads, seed });
      n = figures.n;
      r2.get(name)?.push(figures.r2);
      cells.push(figures.r2.toFixed(3), figures.rpiq?.toFixed(2) ?? '–');
    }
    console.log([pair.set, pair.target, n, ...cells].join('\t'));
  }
  rmSync(folder, { recursive: true, force: true });
  const medians = Object.fromEntries([...r2].map(([name, values]) => [name, median(values)]));
  const { user, system } = process.cpuUsage();
  console.log(JSON.stringify({ seed, medians, cpuSeconds: (user + system) / 1e6 }));
  if (!(medians.forest >= 0.62 && medians.auto >= 0.66)) process.exitCode = 1;
}

if (process.argv[1]?.endsWith('sixteen-pairs.ts'))
  await campaign(Number(process.argv[2] ?? 2), Number(process.argv[3] ?? 0));
