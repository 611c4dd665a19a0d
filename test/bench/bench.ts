/**
 * `npm run bench -- NAME [CASE …]`: runs the cases of test/bench/NAME/ one after another, ours and the peer's in alternation on the same
 * cores, and prints one JSON document. Python peers run where NADIR_PYTHON (or python3) has test/bench/peers/requirements.txt installed.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT, VERSION } from '../../sdk/base/index.ts';
import type { BenchCase, Measured } from './case.ts';

const HERE = join(PACKAGE_ROOT, 'test', 'bench');
const PYTHON = process.env.NADIR_PYTHON ?? 'python3';
/** A peer that takes longer than this is given up. */
const PEER_MILLISECONDS = 20 * 60_000;
const ONE_THREAD = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1', NUMBA_NUM_THREADS: '1' };

interface Line {
  readonly name: string;
  readonly goal: number | null;
  readonly ours: Measured;
  readonly peer: (Measured & { readonly name: string }) | { readonly name: string; readonly missing: string } | null;
  /** peer ÷ ours. */
  readonly ratio: number | null;
}

async function main(): Promise<void> {
  const [group, ...wanted] = process.argv.slice(2);
  const groups = readdirSync(HERE, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && entry.name !== 'peers',
  );
  if (group === undefined || !groups.some(({ name }) => name === group)) {
    console.error(`nadir bench: name one of ${groups.map(({ name }) => name).join(', ')}`);
    process.exit(2);
  }
  const cases = (await casesOf(group)).filter(
    ({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)),
  );
  const results: Line[] = [];
  for (const benchCase of cases) {
    console.error(`${benchCase.name} …`);
    const line = await measure(benchCase);
    results.push(line);
    console.error(
      `  ${line.ours.seconds.toPrecision(4)} s, ${line.ratio === null ? 'no ratio' : `ratio ${line.ratio.toFixed(2)}`}`,
    );
  }
  console.log(
    JSON.stringify({ version: VERSION, group, machine: machine(), python: pythonVersions(), results }, null, 2),
  );
}

async function casesOf(group: string): Promise<BenchCase[]> {
  const files = readdirSync(join(HERE, group))
    .filter((file) => file.endsWith('.bench.ts'))
    .sort();
  const modules = await Promise.all(
    files.map((file) => import(join(HERE, group, file)) as Promise<{ cases: BenchCase[] }>),
  );
  return modules.flatMap(({ cases }) => cases);
}

async function measure(benchCase: BenchCase): Promise<Line> {
  const folder = mkdtempSync(join(tmpdir(), 'nadir-bench-'));
  try {
    await benchCase.prepare(folder);
    let ours: Measured | undefined;
    let peer: Measured | undefined;
    let missing: string | undefined;
    for (let repeat = 0; repeat < benchCase.repeats; repeat++) {
      ours = faster(ours, await benchCase.ours());
      if (benchCase.peerHere) peer = faster(peer, await benchCase.peerHere.run());
      else if (benchCase.peer && missing === undefined) {
        const found = runPeer(folder, benchCase.peer);
        if (typeof found === 'string') missing = found;
        else peer = faster(peer, found);
      }
    }
    const name = benchCase.peerHere?.name ?? benchCase.peer?.name;
    return {
      name: benchCase.name,
      goal: benchCase.goal,
      ours: ours as Measured,
      peer:
        name === undefined ? null : peer === undefined ? { name, missing: missing ?? 'not run' } : { name, ...peer },
      ratio: peer === undefined ? null : peer.seconds / (ours as Measured).seconds,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function faster(a: Measured | undefined, b: Measured): Measured {
  return a === undefined || b.seconds < a.seconds ? b : a;
}

/** What the peer printed, or why there is nothing. */
function runPeer(folder: string, peer: NonNullable<BenchCase['peer']>): Measured | string {
  const run = spawnSync(PYTHON, [join(HERE, 'peers', peer.script), folder, ...peer.arguments], {
    encoding: 'utf8',
    timeout: PEER_MILLISECONDS,
    env: { ...process.env, ...ONE_THREAD },
  });
  if (run.status !== 0) return (run.stderr || run.error?.message || 'the peer failed').trim().split('\n').at(-1) ?? '';
  return JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '') as Measured;
}

function machine() {
  const processors = cpus();
  return { processor: processors[0]?.model ?? 'unknown', cores: processors.length, node: process.version };
}

function pythonVersions(): string | null {
  try {
    const script =
      'import sys,importlib.metadata as m; print(sys.version.split()[0], *[f"{p} {m.version(p)}" for p in ("numpy","scikit-learn","shap","lightgbm","PyWavelets","torch","latentsae","eai-sparsify") if p in {d.metadata["Name"] for d in m.distributions()}], sep=", ")';
    return execFileSync(PYTHON, ['-c', script], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}

await main();
