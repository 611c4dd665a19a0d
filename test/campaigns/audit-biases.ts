/**
 * The claim that the concept audit finds planted biases and leaves clean decisions alone, on EuroSAT: five conditions of capture, each
 * planted into half of one class's training scenes; and clean runs in which the condition is in all classes alike, or in no scene and the attribute
 * a coin. A condition that no training scene carries pulls to some class by itself, so each is audited without its plant too. A plant is found where the first finding by labels (the audit is not told of the condition) and the first by the attribute both name its
 * class and a concept whose strongest rows carry the condition, and neither names that class without the plant. Prints one JSON document; exit code 1 where a plant is missed or more clean
 * runs than the level allows have any finding.
 * Run: node tools/pinned.mjs test/campaigns/audit-biases.ts [SEEDS] [CLEAN] [DATA] [OUT] [FIRST_SEED]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PACKAGE_ROOT, Random } from '../../sdk/base/index.ts';
import { AUDIT_DEFAULTS, LABELS } from '../../sdk/concepts/audit/index.ts';
import { trainConcepts, writeEmbeddings } from '../../sdk/concepts/index.ts';
import { TRAIN_DEFAULTS } from '../../sdk/sae/index.ts';
import { CONDITIONS, type Condition } from '../concepts/audit/plants.ts';
import { auditWorld, type Kind, openScenes, PLANTED_IN } from '../concepts/audit/worlds.ts';

const [seeds = 1, clean = 20] = process.argv.slice(2, 4).map(Number);
const data = process.argv[4] ?? resolve(PACKAGE_ROOT, '..', 'shared', 'data', 'eurosat');
const kept = process.argv[5] || undefined;
const firstSeed = Number(process.argv[6] ?? 0);
const PLAIN_SCENES = 4000;
/** Share of a concept's strongest rows that must carry the condition. */
const CARRIES = 0.75;
const THREADS = 1;

const conditions = Object.keys(CONDITIONS) as Condition[];
const folder = await mkdtemp(join(tmpdir(), 'nadir-audit-'));
const cpu = process.cpuUsage();
try {
  const scenes = await openScenes(data, 0, THREADS);
  const model = join(folder, 'model');
  const files = [
    ...Random.of(0, 'plain scenes')
      .shuffle([...scenes.plain])
      .slice(0, PLAIN_SCENES),
    ...scenes.altered,
  ];
  const rows = { data: scenes.rows(files), d: scenes.d, files, imagesPerSecond: 0 };
  const { embeddings } = await writeEmbeddings(join(folder, 'concepts'), rows);
  const training = {
    ...TRAIN_DEFAULTS,
    levels: [8, 16, 32, 64],
    epochs: 6,
    learningRate: 1e-3,
    seed: 0,
    threads: THREADS,
  };
  await trainConcepts({ data: embeddings, out: model }, training);

  const run = async (kind: Kind, condition: Condition, seed: number) => {
    const out = kept && kind === 'planted' ? join(kept, `${condition}-${seed}`) : await mkdtemp(join(folder, 'run-'));
    const audit = await auditWorld(
      scenes,
      { condition, kind, seed },
      { model, out },
      THREADS,
      kept === undefined ? undefined : scenes.images,
    );
    const first = (basis: string) => audit.findings.find((finding) => finding.basis === basis);
    const isRight = (basis: string) => {
      const finding = first(basis);
      return finding?.class === PLANTED_IN[condition] && finding.effect > 0 && finding.carries[0].strongest >= CARRIES;
    };
    const outcome = {
      ...{ kind, condition, seed, accuracy: audit.probe.accuracy, tested: audit.tested },
      findings: audit.findings.length,
      right:
        kind === 'planted'
          ? isRight(LABELS) && isRight(condition)
          : kind === 'absent'
            ? !isRight(LABELS) && !isRight(condition)
            : audit.findings.length === 0,
      first: [LABELS, condition].map((basis) => {
        const { latent, class: name, effect, excess, pAdjusted, carries } = first(basis) ?? {};
        return { basis, latent, class: name, effect, excess, pAdjusted, carries: carries?.[0].strongest };
      }),
    };
    console.error(`${outcome.right ? 'right' : 'WRONG'} ${JSON.stringify(outcome)}`);
    return outcome;
  };

  const without = new Map<Condition, Awaited<ReturnType<typeof run>>>();
  for (const condition of conditions) without.set(condition, await run('absent', condition, firstSeed));
  const isOfPlant = ({ condition, right }: { condition: Condition; right: boolean }) =>
    right && !without.get(condition)?.first.some((finding) => finding.class === PLANTED_IN[condition]);
  const planted = [];
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++)
    for (const condition of conditions) planted.push(await run('planted', condition, seed));
  const cleanRuns = [];
  for (let i = 0; i < clean; i++) {
    const kind = Math.floor(i / conditions.length) % 2 === 0 ? 'spread' : 'plain';
    cleanRuns.push(await run(kind, conditions[i % conditions.length], firstSeed + i));
  }
  const found = planted.filter(isOfPlant).length;
  const falseRuns = cleanRuns.filter(({ right }) => !right).length;
  const { user, system } = process.cpuUsage(cpu);
  console.log(
    JSON.stringify(
      {
        ...{ level: AUDIT_DEFAULTS.level, planted: planted.length, found, clean: clean, falseRuns },
        ...{ cpuSeconds: (user + system) / 1e6, runs: [...planted, ...without.values(), ...cleanRuns] },
      },
      null,
      2,
    ),
  );
  process.exitCode = found === planted.length && falseRuns <= clean * AUDIT_DEFAULTS.level ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
