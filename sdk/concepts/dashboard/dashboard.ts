/** Makes a model's dashboard: looks at the data, packs the pictures, writes one file. */
import { resolve } from 'node:path';
import { NadirError, type Progress, SILENT, writeFileAtomic } from '../../base/index.ts';
import { openImages } from '../images.ts';
import { type ConceptReader, readConcepts } from '../reader.ts';
import { writeReport } from '../report.ts';
import { SCENE_K } from '../scene-codes.ts';
import { openShards } from '../shards/index.ts';
import { dashboardHtml } from './document.ts';
import { DASHBOARD } from './file.ts';
import { stabilityOf } from './neighbours.ts';
import { imagesOf, pageData } from './page-data.ts';
import { packSprites } from './sprites.ts';
import { type ProbeTrainer, surveyLatents } from './survey.ts';

/** What the page takes at most, where its pictures can be made small enough. */
const MOST_BYTES = 12 * 10 ** 6;
/** Document, style and script. */
const PAGE_BYTES = 32_000;
/** Base64 of a byte. */
const BASE64 = 4 / 3;

export interface DashboardOptions {
  /** Concept model folder. */
  readonly model: string;
  /** Embeddings, one row an image. */
  readonly data: string;
  /** Folder or zip of these images. */
  readonly images: string;
  /** File to write. */
  readonly out: string;
  /** Model of another training on the same data: then each latent's stability is shown. */
  readonly against?: string | undefined;
  readonly k?: number | undefined;
  readonly maxBytes?: number | undefined;
  readonly seed: number;
  readonly threads: number;
  /** Trains the probe that latents have an effect on; without it, or where images lie in no folders of classes, they have none. */
  readonly trainProbe?: ProbeTrainer | undefined;
  readonly progress?: Progress;
}

export interface WrittenDashboard {
  /** The file. */
  readonly dashboard: string;
  readonly bytes: number;
  readonly latents: number;
  readonly named: number;
  /** Latents that no row looked at shows. */
  readonly dead: number;
  readonly images: number;
  /** Edge of a thumbnail, pixels. */
  readonly edge: number;
  readonly rows: number;
}

export async function writeDashboard(options: DashboardOptions): Promise<WrittenDashboard> {
  const { model, data, out, seed, threads, trainProbe, progress = SILENT, maxBytes = MOST_BYTES } = options;
  const reader = await readConcepts(model);
  const k = Math.min(options.k ?? SCENE_K, reader.sae.n);
  const stability =
    options.against === undefined ? undefined : await stabilityAgainst(reader, options.against, threads);
  const images = await openImages(options.images);
  const shards = await openShards(data, { d: reader.sae.d });
  try {
    const survey = await surveyLatents(reader, data, shards, images, {
      k,
      seed,
      threads,
      progress,
      stability,
      trainProbe,
    });
    const files = imagesOf(survey);
    const columns = pageData(survey, files);
    const besides = PAGE_BYTES + Buffer.byteLength(JSON.stringify(columns));
    const sprites = await packSprites(images, files, Math.max(0, maxBytes - besides) / BASE64, progress);
    const named = survey.cards.filter(({ name }) => name?.valid).length;
    const dead = survey.cards.filter(({ spread }) => spread.rows === 0).length;
    const page = dashboardHtml({
      title: `Concepts of ${reader.model.data.name}`,
      subtitle: subtitle(reader, { named, dead, rows: survey.rows, sampled: survey.sampled }),
      k,
      data: columns,
      sprites,
    });
    await writeFileAtomic(out, page);
    // the model's report leads to it
    if (resolve(out) === resolve(model, DASHBOARD)) await writeReport(model);
    return {
      ...{ dashboard: out, bytes: Buffer.byteLength(page), latents: survey.cards.length, named, dead },
      ...{ images: files.length, edge: sprites.edge, rows: survey.sampled },
    };
  } finally {
    await shards.close();
  }
}

async function stabilityAgainst({ sae }: ConceptReader, folder: string, threads: number): Promise<number[]> {
  const other = await readConcepts(folder);
  if (other.sae.d === sae.d) return stabilityOf(sae, other.sae, threads);
  const what = `a model over embeddings of length ${other.sae.d} against one of ${sae.d}`;
  throw new NadirError({ what, where: folder, remedy: 'Give a training on the same data', exitCode: 2 });
}

function subtitle(
  { model }: ConceptReader,
  { named, dead, rows, sampled }: { named: number; dead: number; rows: number; sampled: number },
): string {
  const count = (value: number) => value.toLocaleString('en');
  const scenes =
    sampled === rows ? `${count(rows)} scenes` : `${count(sampled)} of ${count(rows)} scenes, drawn at random`;
  const parts = [
    `${model.activation}, ${count(model.n)} latents over ${count(model.d)} values`,
    `${count(named)} named`,
    `${count(dead)} never active`,
    scenes,
    `seed ${model.seed}`,
    `Nadir ${model.version}`,
  ];
  return parts.join(' · ');
}
