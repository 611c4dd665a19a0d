/**
 * The claim of names that hold, on EuroSAT: a concept model's latents are named by the classes of its training scenes and by the
 * encoder's ImageNet classes, at a false-discovery rate of 3 %, half of the training scenes naming and the others confirming. At least 120 names
 * are valid; random latents drawn afresh that pass both checks account for at most 5 % of them; and on scenes that neither training nor naming
 * saw, at least 90 % agree with their images, a class by the labels and an ImageNet class by the logits (sdk/concepts/naming/evidence.ts).
 * One JSON document; exit code 1 where the claim fails.
 * Run: node tools/pinned.mjs test/campaigns/names.ts MODEL_FOLDER TRAIN HOLDOUT [seed] [threads]
 * TRAIN and HOLDOUT are folders of embeddings.npy and files.txt, whose lines are CLASS/IMAGE.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  agreementOn,
  CLASSES,
  classVocabulary,
  nameConcepts,
  placesOf,
  readConcepts,
  readEmbeddings,
  readLabels,
  readVocabulary,
  shippedVocabulary,
  splitScenes,
} from '../../sdk/concepts/index.ts';
import { readSample } from '../../sdk/concepts/train.ts';

const CLAIM = { valid: 120, rate: 0.05, agreement: 0.9 } as const;
/** Set below the claim, since what fresh random latents measure scatters about it. */
const RATE = 0.03;
const LABELS = 'folders';

const [model, trainPath, holdoutPath, seedText = '0', threadsText = '1'] = process.argv.slice(2);
if (!holdoutPath) {
  console.error('usage: names.ts MODEL_FOLDER TRAIN HOLDOUT [seed] [threads]');
  process.exit(2);
}
const [seed, threads] = [Number(seedText), Number(threadsText)];
const before = process.cpuUsage();
const { sae } = await readConcepts(model);
const [train, holdout] = [await readEmbeddings(trainPath, sae.d), await readEmbeddings(holdoutPath, sae.d)];
const trained = new Set(train.files);
const both = holdout.files?.find((file) => trained.has(file));
if (both !== undefined) throw new Error(`${both} is on both sides`);

const out = await mkdtemp(join(tmpdir(), 'nadir-names-'));
try {
  const imagenet = shippedVocabulary('imagenet');
  const step = { model, ...imagenet, data: trainPath, labels: LABELS, falseDiscoveryRate: RATE };
  const names = await nameConcepts({ ...step, out, seed, threads });

  const labels = await readLabels(LABELS, train, trainPath);
  const classes = classVocabulary(CLASSES, train, labels, splitScenes(train, labels, seed));
  const truth = placesOf(await readLabels(LABELS, holdout, holdoutPath), classes.words);
  const vocabularies = [
    { ...classes, labels: truth },
    await readVocabulary(imagenet.vocabulary, imagenet.vectors, sae.d),
  ];
  const heldOut = await agreementOn(sae, names, vocabularies, holdout.data, {
    sample: await readSample(model),
    threads,
  });
  const { user, system } = process.cpuUsage(before);

  const valid = heldOut.length;
  const agreeing = heldOut.filter(({ agreement }) => agreement.agrees).length;
  const rate = names.chance?.rate ?? Number.NaN;
  const count = (reason: string) => names.named.filter((named) => named.reason === reason).length;
  const byVocabulary = (names.vocabularies ?? []).map(({ title, threshold }) => {
    const of = heldOut.filter(({ named }) => named.vocabulary === title);
    const different = new Set(of.map(({ named }) => named.name)).size;
    const agree = of.filter(({ agreement }) => agreement.agrees).length;
    return { title, threshold, valid: of.length, different, agree, share: agree / of.length };
  });
  const claims = {
    'at least 120 valid names': valid >= CLAIM.valid,
    'chance makes at most 5 % of them': rate <= CLAIM.rate,
    'at least 90 % agree with held-out images': agreeing >= CLAIM.agreement * valid,
  };
  console.log(
    JSON.stringify(
      {
        ...{ latents: sae.n, used: names.used, rows: train.rows, heldOut: holdout.rows, seed },
        ...{ falseDiscoveryRate: names.falseDiscoveryRate, valid, chance: names.chance },
        agreement: { agree: agreeing, share: agreeing / valid, byVocabulary },
        notValid: { unused: count('unused'), chance: count('chance'), images: count('images') },
        hierarchy: {
          refined: names.hierarchy?.length,
          refining: names.hierarchy?.reduce((sum, { refinedBy }) => sum + refinedBy.length, 0),
        },
        cpuSeconds: (user + system) / 1e6,
        claims,
      },
      null,
      2,
    ),
  );
  if (Object.values(claims).includes(false)) process.exitCode = 1;
} finally {
  await rm(out, { recursive: true, force: true });
}
