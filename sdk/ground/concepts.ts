/**
 * Names and directions out of a concept model folder, as far as the ground needs them: of each latent that a code can hold its valid
 * name and its decoder row. The encoder half of the weights is never read.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, NadirError } from '../base/index.ts';
import { decodeCode } from '../sae/decode.ts';
import type { ConceptReader } from './scenes.ts';

const MOST_JSON_BYTES = 64 * 2 ** 20;
const MOST_LATENTS = 2 ** 20;
const MOST_DIMENSIONS = 2 ** 16;
const MOST_DECODER_BYTES = 2 ** 31;

const count = (most: number) => z.int().min(1).max(most);
const MODEL = z.object({
  kind: z.literal('concepts'),
  d: count(MOST_DIMENSIONS),
  n: count(MOST_LATENTS),
  /** No training embedding had a value below 0, so that none is decoded to one. */
  options: z.object({ nonNegative: z.boolean().optional() }).optional(),
  /** The code numbers the student's latents where there is a student, the teacher's otherwise. */
  student: z.object({ latents: z.array(z.int().min(0)).min(1).max(MOST_LATENTS) }).optional(),
});
const NAMES = z.object({
  named: z.array(z.object({ latent: z.int(), name: z.string().max(256), valid: z.boolean() })),
});
const TENSOR = z.object({ dtype: z.string(), shape: z.array(z.int()), data_offsets: z.tuple([z.int(), z.int()]) });
const HEADER = z.record(z.string(), z.unknown());

/** Opens a concept model folder: `model.json`, `names.json` where it is named, `sae.safetensors`. Throws a NadirError for any other. */
export async function openConceptReader(dir: string): Promise<ConceptReader> {
  const model = await readJson(join(dir, 'model.json'), MODEL);
  const names = await readJson(join(dir, 'names.json'), NAMES, { named: [] });
  const latents = model.student?.latents ?? Array.from({ length: model.n }, (_, i) => i);
  if (latents.some((latent) => latent >= model.n)) {
    throw damaged('student latent beyond the dictionary', join(dir, 'model.json'));
  }
  const valid = new Map(names.named.filter((entry) => entry.valid).map(({ latent, name }) => [latent, name]));
  const nonNegative = model.options?.nonNegative ?? false;
  const decoder = { ...(await readDecoder(join(dir, 'sae.safetensors'), model, latents)), nonNegative };
  return {
    latentCount: latents.length,
    nameOf: (latent) => valid.get(latents[latent] ?? -1),
    embed: (concepts) => decodeCode(decoder, concepts.latents, concepts.values),
  };
}

/** The decoder of the code's latents alone: wDec [n_s, d]. */
async function readDecoder(path: string, { n, d }: { n: number; d: number }, latents: readonly number[]) {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path);
  } catch (cause) {
    throw damaged('cannot read concept weights', path, cause);
  }
  try {
    const { size } = await file.stat();
    const bytes = async (position: number, length: number): Promise<Buffer> => {
      if (position < 0 || length < 0 || position + length > size) throw damaged('weights end early', path);
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await file.read(buffer, 0, length, position);
      if (bytesRead < length) throw damaged('weights end early', path);
      return buffer;
    };
    const headerBytes = Number((await bytes(0, 8)).readBigUInt64LE());
    if (headerBytes > MOST_JSON_BYTES) throw damaged('not a safetensors file', path);
    const header = parsed((await bytes(8, headerBytes)).toString('utf8'), HEADER, path);
    const tensor = async (name: string, shape: readonly number[]): Promise<Float32Array> => {
      const { success, data } = TENSOR.safeParse(header[name]);
      const length = shape.reduce((product, side) => product * side, 4);
      if (!success || data.dtype !== 'F32' || String(data.shape) !== String(shape)) {
        throw damaged(`${name} is not float32 [${shape}]`, path);
      }
      const [from, to] = data.data_offsets;
      if (to - from !== length || length > MOST_DECODER_BYTES) throw damaged(`${name} has a wrong size`, path);
      const raw = await bytes(8 + headerBytes + from, length);
      return new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + length));
    };
    const all = await tensor('W_dec', [n, d]);
    const wDec = new Float32Array(latents.length * d);
    for (let i = 0; i < latents.length; i++) wDec.set(all.subarray(latents[i] * d, (latents[i] + 1) * d), i * d);
    const bPre = await tensor('b_pre', [d]);
    const mean = await tensor('mean', [d]);
    return { d, n: latents.length, wDec, bPre, mean, scale: scaleOf(header, path) };
  } finally {
    await file.close();
  }
}

function scaleOf(header: Record<string, unknown>, path: string): number {
  const metadata = z.object({ s: z.string() }).safeParse(header.__metadata__);
  const scale = metadata.success ? Number(metadata.data.s) : Number.NaN;
  if (!Number.isFinite(scale) || scale <= 0) throw damaged('metadata has no scale s', path);
  return scale;
}

async function readJson<T>(path: string, schema: z.ZodType<T>, missing?: T): Promise<T> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size > MOST_JSON_BYTES) throw damaged(`larger than ${MOST_JSON_BYTES} bytes`, path);
      return parsed(await file.readFile('utf8'), schema, path);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof NadirError) throw cause;
    if (missing !== undefined && (cause as NodeJS.ErrnoException).code === 'ENOENT') return missing;
    throw damaged('cannot read concept model', path, cause);
  }
}

function parsed<T>(text: string, schema: z.ZodType<T>, path: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const issue = cause instanceof z.ZodError ? cause.issues[0] : undefined;
    const why = issue ? `${issue.path.join('.')} ${issue.message}` : messageOf(cause);
    throw damaged(`not as expected: ${why.slice(0, 160)}`, path, cause);
  }
}

function damaged(what: string, where: string, cause?: unknown): NadirError {
  const remedy = 'Give --concepts the folder that "nadir concepts train" wrote, or train it again';
  return new NadirError({ what, where, remedy, cause });
}
