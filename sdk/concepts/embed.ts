/** Images to embeddings: JPEG, resize, the encoder in onnxruntime, in batches. */
import { NadirError, onceIn, type Progress, SILENT } from '../base/index.ts';
import { decodeJpeg, ENCODER_EDGE, encoderInput } from '../spectra/index.ts';
import { ImageEncoder } from './encoder.ts';
import type { ImageSet } from './images.ts';
import { DIHEDRAL, turn } from './turn.ts';

/** Inputs run at once: few enough that activations stay in the cache, enough that threads have work. */
const BATCH = 16;
const TELL_SECONDS = 2;

export interface EmbedOptions {
  /** ONNX file: one input [N, 3, H, W], output `embedding` [N, d]. */
  readonly encoder: string;
  readonly threads: number;
  /** Embeddings made of each image: it as it is, then quarter turns, then mirrored ones; 1 … 8. */
  readonly augment?: number;
  readonly progress?: Progress;
}

export interface Embeddings {
  /** [rows, d]; an image's variants follow each other. */
  readonly data: Float32Array;
  readonly d: number;
  /** Name of each row's image. */
  readonly files: readonly string[];
  /** Images a second, decoding included; a variant counts as an image. */
  readonly imagesPerSecond: number;
}

/** Embeds the images `names` of a set, all by default. */
export async function embedImages(
  images: ImageSet,
  options: EmbedOptions,
  names: readonly string[] = images.names,
): Promise<Embeddings> {
  const { threads, augment = 1, progress = SILENT } = options;
  if (!Number.isInteger(augment) || augment < 1 || augment > DIHEDRAL) {
    const remedy = `Give a whole number from 1 to ${DIHEDRAL}`;
    throw new NadirError({ what: `${augment} variants of an image`, where: '--augment', remedy, exitCode: 2 });
  }
  const encoder = await ImageEncoder.open(options.encoder, threads);
  const started = performance.now();
  const rows = names.length * augment;
  const values = 3 * ENCODER_EDGE ** 2;
  const input = new Float32Array(BATCH * values);
  const plain = new Float32Array(values);
  let result = new Float32Array(0);
  let d = 0;
  let filled = 0;
  let done = 0;
  const flush = async () => {
    const embedding = await encoder.run(input.subarray(0, filled * values), filled);
    if (d === 0) {
      d = embedding.length / filled;
      result = new Float32Array(rows * d);
    }
    result.set(embedding, done * d);
    done += filled;
    filled = 0;
  };
  try {
    const isTime = onceIn(TELL_SECONDS);
    for (const name of names) {
      encoderInput(decodeJpeg(await images.read(name), `${images.path}, image ${name}`), plain);
      for (let variant = 0; variant < augment; variant++) {
        turn(plain, ENCODER_EDGE, variant, input, filled * values);
        if (++filled === BATCH) await flush();
      }
      if (isTime()) {
        const rate = Math.round((done * 1000) / (performance.now() - started));
        progress.log(`embedded ${done} of ${rows}, ${rate} images per second`);
      }
    }
    if (filled > 0) await flush();
  } finally {
    await encoder.close();
  }
  const imagesPerSecond = (rows * 1000) / (performance.now() - started);
  const files = names.flatMap((name) => new Array<string>(augment).fill(name));
  return { data: result, d, files, imagesPerSecond };
}
