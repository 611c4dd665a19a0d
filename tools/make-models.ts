/**
 * Makes the shipped sample data of models/: a seeded choice of EuroSAT scenes as one stored zip with its split, and the land-cover
 * vocabulary for naming. Run where the whole sources are:
 *   node tools/pinned.mjs tools/make-models.ts --encoder efficientnet_lite0.onnx --classes imagenet_classes.txt --scenes eurosat_rgb.zip
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { zipSync } from 'fflate';
import { Random, readZip, shippedPath, writeFileAtomic, writeNpy } from '../sdk/base/index.ts';
import { embedImages, openImages } from '../sdk/concepts/index.ts';

const SEED = 0;
const TRAIN_PER_CLASS = 170;
const HELD_OUT_PER_CLASS = 30;
/** Names as people say them, by folder of the source. */
const LAND_COVER: Record<string, string> = {
  AnnualCrop: 'annual crop',
  Forest: 'forest',
  HerbaceousVegetation: 'herbaceous vegetation',
  Highway: 'highway',
  Industrial: 'industrial buildings',
  Pasture: 'pasture',
  PermanentCrop: 'permanent crop',
  Residential: 'residential buildings',
  River: 'river',
  SeaLake: 'sea or lake',
};

const { values } = parseArgs({
  options: { encoder: { type: 'string' }, classes: { type: 'string' }, scenes: { type: 'string' } },
});
const { encoder, classes, scenes } = values;
if (!encoder || !classes || !scenes) throw new Error('give --encoder FILE --classes TXT --scenes ZIP');

await writeFileAtomic(shippedPath('models', 'encoder', 'efficientnet_lite0.onnx'), readFileSync(encoder));
await writeFileAtomic(shippedPath('models', 'encoder', 'imagenet_classes.txt'), readFileSync(classes));
await chooseScenes(scenes);
await landCoverVocabulary(encoder);

async function chooseScenes(source: string): Promise<void> {
  const members = readZip(readFileSync(source), source);
  const jpegs = [...members.keys()].filter((name) => name.endsWith('.jpg')).sort();
  const chosen: Record<string, Uint8Array> = {};
  const rows: string[] = [];
  for (const label of Object.keys(LAND_COVER)) {
    const ofClass = jpegs.filter((name) => name.startsWith(`${label}/`));
    const order = Random.of(SEED, `scenes of ${label}`).permutation(ofClass.length);
    order.slice(0, TRAIN_PER_CLASS + HELD_OUT_PER_CLASS).forEach((index, place) => {
      const name = ofClass[index];
      chosen[name] = members.get(name)?.() ?? new Uint8Array();
      rows.push(`${name},${label},${place < TRAIN_PER_CLASS ? 'train' : 'holdout'}`);
    });
  }
  const sorted = Object.fromEntries(Object.entries(chosen).sort(([a], [b]) => (a < b ? -1 : 1)));
  // stored: JPEGs do not shrink, and a fixed time keeps the bytes the same
  const zip = zipSync(sorted, { level: 0, mtime: new Date('1980-01-01T00:00:00') });
  await writeFileAtomic(shippedPath('models', 'eurosat', 'scenes.zip'), zip);
  const csv = `file,class,split\n${rows.sort().join('\n')}\n`;
  await writeFileAtomic(shippedPath('models', 'eurosat', 'scenes.csv'), csv);
}

/** A class's prototype: mean embedding of its training scenes less the mean of all classes. */
async function landCoverVocabulary(path: string): Promise<void> {
  const list = readFileSync(shippedPath('models', 'eurosat', 'scenes.csv'), 'utf8')
    .trim()
    .split('\n')
    .slice(1);
  const training = list.map((line) => line.split(',')).filter(([, , split]) => split === 'train');
  const images = await openImages(shippedPath('models', 'eurosat', 'scenes.zip'));
  const names = training.map(([file]) => file);
  const { data, d } = await embedImages(images, { encoder: path, threads: 1, progress: console }, names);
  const labels = Object.keys(LAND_COVER);
  const prototypes = new Float64Array(labels.length * d);
  training.forEach(([, label], row) => {
    const at = labels.indexOf(label) * d;
    for (let i = 0; i < d; i++) prototypes[at + i] += data[row * d + i] / TRAIN_PER_CLASS;
  });
  for (let i = 0; i < d; i++) {
    let mean = 0;
    for (let c = 0; c < labels.length; c++) mean += prototypes[c * d + i] / labels.length;
    for (let c = 0; c < labels.length; c++) prototypes[c * d + i] -= mean;
  }
  await writeVocabulary('land-cover', Object.values(LAND_COVER), Float16Array.from(prototypes), d);
}

async function writeVocabulary(name: string, names: readonly string[], data: Float16Array, d: number): Promise<void> {
  await writeNpy(shippedPath('models', 'vocabularies', `${name}.npy`), { shape: [names.length, d], data });
  await writeFileAtomic(shippedPath('models', 'vocabularies', `${name}.txt`), `${names.join('\n')}\n`);
}
