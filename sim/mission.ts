/**
 * The first mission, end to end: explain and prune a soil model, train, name and distil a concept model, sign both into a bundle that
 * fits the board, fly it through passes with outages and a power cut, and account for every frame.
 */
import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { canonicalJson, type Progress, shippedPath, VERSION, writeFileAtomic } from '../sdk/base/index.ts';
import { newKey, publicPem, readPrivateKey } from '../sdk/bundle/index.ts';
import { pack, readProfile } from '../sdk/compact/index.ts';
import { pruneSoilModel } from '../sdk/explain/index.ts';
import { openConceptReader } from '../sdk/ground/index.ts';
import { licenceOf } from '../sdk/spectra/index.ts';
import { type ConceptStage, makeConceptModel } from './concept-stage.ts';
import { chooseExamples } from './examples.ts';
import { fly } from './flight.ts';
import type { FlightOutcome } from './flight-record.ts';
import type { ConceptQuality, MissionFacts } from './mission-facts.ts';
import { prepareMissionFolder } from './mission-folder.ts';
import { missionReport } from './mission-report.ts';
import { FULL, type MissionSettings, QUICK } from './mission-settings.ts';
import { measureRecovery } from './recovery.ts';
import { requireWhole } from './require-whole.ts';
import { setAside } from './set-aside.ts';
import { soilInFlight } from './soil-in-flight.ts';

/** Stages of a mission, in order. */
export const STAGES = [
  'Explain and prune the soil model',
  'Train, name and distil the concept model',
  'Sign both into a bundle that fits the board',
  'Fly: frames, passes, outages, a power cut',
  'Account for every frame and write the report',
] as const;

/** Runs one stage: shows its progress, and what `say` makes of its outcome. */
export type StageRunner = <T>(
  title: (typeof STAGES)[number],
  work: (progress: Progress) => Promise<T>,
  say: (outcome: T) => string,
) => Promise<T>;

export interface MissionOptions {
  /** Folder of everything that the mission makes. */
  readonly out: string;
  readonly seed: number;
  readonly threads: number;
  readonly quick: boolean;
  /** Name or path of the device profile that is flown. */
  readonly profile: string;
}

/** What `nadir mission --json` prints, besides the keys that every command has. */
export interface MissionDocument {
  readonly soil: {
    readonly fullScore: number;
    readonly prunedScore: number;
    readonly lossPercent: number;
    readonly features: number;
    readonly bands: number;
  };
  readonly concepts: { readonly byK: readonly ConceptQuality[]; readonly named: number };
  readonly bundle: { readonly bytes: number; readonly fits: boolean };
  readonly link: {
    readonly produced: number;
    readonly archived: number;
    readonly duplicatesArchived: number;
    readonly gaps: number;
    /** Everything that the link carried down, with the protocol around it. */
    readonly bytesSent: number;
    readonly powerCuts: number;
    readonly outages: number;
  };
  /** Path of the report. */
  readonly report: string;
}

/** Runs the mission. Throws a NadirError when anything fails, and when a frame is lost or archived twice. */
export async function runMission(options: MissionOptions, stage: StageRunner): Promise<MissionDocument> {
  const { out, seed, threads } = options;
  const settings = options.quick ? QUICK : FULL;
  const profile = await readProfile(options.profile);
  await prepareMissionFolder(out);

  const soil = await stage(
    STAGES[0],
    (progress) => pruneSoil(settings, options, progress),
    ({ outcome, point }) =>
      `${point.keep} of ${outcome.full.features} features, ${point.bandsRead} bands: score ${point.score.toFixed(3)} against ${outcome.full.score.toFixed(3)}`,
  );
  const concepts = await stage(
    STAGES[1],
    (progress) =>
      makeConceptModel({ folder: join(out, 'concepts'), seed, threads, settings: settings.concepts }, progress),
    ({ facts }) => {
      const best = facts.byK.at(-1);
      return `cosine ${best?.cosine.toFixed(3)} with ${best?.k} concepts, ${facts.named} named, student of ${Math.round(facts.studentBytes / 1000)} kB`;
    },
  );
  const packed = await stage(
    STAGES[2],
    (progress) => signBundle(out, profile, progress),
    ({ report }) => `${(report.bytes / 1e6).toFixed(1)} MB, fits ${profile.name}`,
  );
  const flight = await stage(
    STAGES[3],
    async (progress) =>
      fly({
        scenario: settings.scenario,
        seed,
        folder: join(out, 'flight'),
        bundle: packed.report.bundle,
        trustedKey: packed.trustedKey,
        commandKey: packed.commandKey,
        profile: options.profile,
        memoryLimitBytes: profile.memoryLimitBytes.value,
        source: {
          images: concepts.heldOut,
          readImage: (name) => concepts.images.read(name),
          spectra: soil.held.spectra,
          wavelengthsNm: soil.held.wavelengthsNm,
        },
        concepts: await openConceptReader(join(out, 'concepts')),
        progress,
      }),
    ({ audit, passes }) => `${audit.archived} of ${audit.produced} frames archived in ${passes.length} passes`,
  );
  return stage(
    STAGES[4],
    async () => {
      const facts: MissionFacts = {
        seed,
        isQuick: options.quick,
        version: VERSION,
        profile,
        soil: {
          outcome: soil.outcome,
          targets: settings.soil.targets,
          rows: soil.rows,
          setAside: soil.held.rows,
          inFlight: soilInFlight(flight.scenes, flight.passes.at(-1)?.received ?? [], soil.held),
          figures: {
            full: await readFile(join(out, 'soil', 'attribution-full.svg'), 'utf8'),
            attribution: await readFile(join(out, 'soil', 'attribution.svg'), 'utf8'),
            loss: await readFile(join(out, 'soil', 'loss.svg'), 'utf8'),
          },
        },
        concepts: concepts.facts,
        pack: packed.report,
        flight,
        recovery: recoveryByPass(flight, concepts.trueEmbeddings),
        examples: await chooseExamples(flight, concepts),
        stationName: settings.scenario.station.name,
        linkText: linkText(settings),
      };
      const document = documentOf(facts, join(out, 'report.html'));
      await writeFileAtomic(document.report, missionReport(facts));
      await writeFileAtomic(join(out, 'mission.json'), canonicalJson({ version: VERSION, seed, ...document }));
      requireWhole(flight, document.report);
      return document;
    },
    ({ report }) => report,
  );
}

async function pruneSoil({ soil }: MissionSettings, { out, seed, threads }: MissionOptions, progress: Progress) {
  const part = (name: string) => join(out, 'soil', `${basename(soil.data, '.csv')}-${name}.csv`);
  const paths = { training: part('training'), heldOut: part('held-out') };
  const held = await setAside(soil.data, soil.targets, soil.setAside, seed, paths);
  const outcome = await pruneSoilModel(
    {
      data: paths.training,
      holdout: paths.heldOut,
      licence: licenceOf(soil.data),
      groups: soil.groups,
      targets: soil.targets,
      folds: soil.folds,
      keep: soil.keep,
      forest: soil.forest,
      seed,
      threads,
      out: join(out, 'soil'),
    },
    progress,
  );
  const point = outcome.curve.find(({ keep }) => keep === outcome.chosen) ?? outcome.curve[0];
  const model = JSON.parse(await readFile(join(out, 'soil', 'model.json'), 'utf8'));
  return { held, outcome, point, rows: Number(model.data.rows) };
}

async function signBundle(out: string, profile: Awaited<ReturnType<typeof readProfile>>, progress: Progress) {
  const keys = join(out, 'keys');
  const bundleKey = await newKey(keys, 'bundle');
  const commandKey = await newKey(keys, 'command');
  const command = await readPrivateKey(commandKey.privateKey);
  const report = await pack({
    soil: join(out, 'soil'),
    concepts: join(out, 'concepts'),
    encoder: shippedPath('models', 'encoder', 'efficientnet_lite0.onnx'),
    profiles: [profile],
    keys: [await readPrivateKey(bundleKey.privateKey)],
    commandKey: publicPem(createPublicKey(command.privateKey)),
    sequence: 1,
    created: null,
    out: join(out, 'bundle'),
    progress,
  });
  return { report, trustedKey: bundleKey.publicKey, commandKey: command.privateKey };
}

function recoveryByPass({ passes, scenes }: FlightOutcome, truth: ConceptStage['trueEmbeddings']) {
  let taken = 0;
  return passes.map((pass) => {
    taken += pass.scenes;
    return measureRecovery(scenes.slice(0, taken), pass.received, truth);
  });
}

function linkText({ scenario }: MissionSettings): string {
  const { downBytesPerSecond, upBytesPerSecond } = scenario.link;
  return `The link carries ${downBytesPerSecond} bytes a second down and ${upBytesPerSecond} up; time ran ${scenario.clockRate} times as fast as on the wall.`;
}

function documentOf({ soil, concepts, pack: packed, flight }: MissionFacts, report: string): MissionDocument {
  const { outcome } = soil;
  const point = outcome.curve.find(({ keep }) => keep === outcome.chosen) ?? outcome.curve[0];
  const { produced, archived, duplicatesArchived, gaps } = flight.audit;
  return {
    soil: {
      fullScore: outcome.full.score,
      prunedScore: point.score,
      lossPercent: point.lossPercent,
      features: point.keep,
      bands: point.bandsRead,
    },
    concepts: { byK: concepts.byK.map(({ k, fvu, cosine: cos }) => ({ k, fvu, cosine: cos })), named: concepts.named },
    bundle: { bytes: packed.bytes, fits: packed.budgets.every(({ fits }) => fits) },
    link: {
      ...{ produced, archived, duplicatesArchived, gaps },
      bytesSent: flight.passes.reduce((sum, { downBytes }) => sum + downBytes, 0),
      powerCuts: flight.powerCuts,
      outages: flight.outages,
    },
    report,
  };
}
