import { mkdtempSync } from 'node:fs';
import { cp, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatNpz, type NdArray, parseNpz, toFloat32 } from '../../../sdk/base/index.ts';
import { formatSafeTensors, parseSafeTensors } from '../../../sdk/sae/index.ts';
import { fixturePath } from './cases.ts';

/** Names of weights in folders of sae-lens and of sparsify. */
export const LENS = 'sae_weights.safetensors';
export const SPARSIFY = 'sae.safetensors';

/** A copy of a fixture, in a folder of its own. */
export async function copyOf(name: string): Promise<string> {
  const path = join(mkdtempSync(join(tmpdir(), 'nadir-formats-')), name);
  await cp(fixturePath(name), path, { recursive: true });
  return path;
}

/** Changes the JSON of a folder's `cfg.json`. */
function cfg(change: Record<string, unknown>) {
  return async (folder: string) => {
    const path = join(folder, 'cfg.json');
    await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...change }));
  };
}

/** Changes the tensors of a folder's weights; undefined leaves one out. */
function tensors(
  file: string,
  change: (old: Map<string, NdArray<Float32Array>>) => Record<string, NdArray<Float32Array> | undefined>,
) {
  return async (folder: string) => {
    const path = join(folder, file);
    const read = [...parseSafeTensors(await readFile(path), path).tensors];
    const old = new Map(read.map(([name, array]) => [name, { shape: array.shape, data: toFloat32(array) }]));
    await writeFile(path, formatSafeTensors(defined({ ...Object.fromEntries(old), ...change(old) })));
  };
}

/** Changes the arrays of an .npz. */
function arrays(change: Record<string, NdArray | undefined>) {
  return async (path: string) => {
    const old = Object.fromEntries(parseNpz(await readFile(path), path));
    await writeFile(path, formatNpz(defined({ ...old, ...change })));
  };
}

function defined<T>(record: Record<string, T | undefined>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Record<string, T>;
}

/** Puts a header by hand before so many bytes of values. */
function header(file: string, text: string, headerBytes: bigint, valueBytes: number) {
  return async (folder: string) => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(headerBytes);
    await writeFile(join(folder, file), Buffer.concat([length, Buffer.from(text), Buffer.alloc(valueBytes)]));
  };
}

function entries(entry: string): [string, bigint] {
  return [entry, BigInt(Buffer.byteLength(entry))];
}

/** A copy of an array with one value in another's place. */
function having(array: NdArray<Float32Array> | undefined, at: number, value: number): NdArray<Float32Array> {
  if (!array) throw new Error('the fixture has no such tensor');
  return { shape: array.shape, data: array.data.with(at, value) };
}

/** Zeros of a shape. */
export const floats = (...shape: number[]) => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) });
export const MSAE = '12_6_TopKReLU_2_UW_False_False_0.0_rows.pth.npz';
type Spoil = (path: string) => Promise<void>;

/** What is wrong, with which fixture, how it came about, and what the error says of the place. */
export const CORPUS: readonly (readonly [string, string, Spoil, RegExp])[] = [
  [
    'a cfg.json that is no JSON',
    'lens-topk',
    async (f) => writeFile(join(f, 'cfg.json'), '{"d_in": 6,'),
    /^not JSON: .*cfg\.json/,
  ],
  [
    'a cfg.json with NaN, as Python writes it',
    'lens-topk',
    async (f) => writeFile(join(f, 'cfg.json'), '{"d_in": NaN}'),
    /^not JSON: .*cfg\.json/,
  ],
  [
    'a cfg.json that is a list',
    'lens-topk',
    async (f) => writeFile(join(f, 'cfg.json'), '[]'),
    /^the whole is not understood.*cfg\.json/,
  ],
  ['no cfg.json', 'lens-topk', async (f) => rm(join(f, 'cfg.json')), /^cannot read file: .*cfg\.json/],
  ['d_in as text', 'lens-topk', cfg({ d_in: '6' }), /^d_in is not understood.*cfg\.json/],
  ['d_sae of 2^60', 'lens-topk', cfg({ d_sae: 2 ** 60 }), /^d_sae is not understood.*cfg\.json/],
  ['d_sae below 0', 'lens-topk', cfg({ d_sae: -1 }), /^d_sae is not understood.*cfg\.json/],
  [
    'd_sae that is not that of the tensors',
    'lens-topk',
    cfg({ d_sae: 13 }),
    /^tensor b_enc is \[12\] where \[13\] belongs: .*sae_weights/,
  ],
  [
    'd_in that is not that of the tensors',
    'lens-topk',
    cfg({ d_in: 5 }),
    /^tensor W_dec is \[12,6\] where \[12,5\] belongs: .*sae_weights/,
  ],
  ['k of 0', 'lens-topk', cfg({ k: 0 }), /^k is not understood.*cfg\.json/],
  ['k above d_sae', 'lens-topk', cfg({ k: 13 }), /^k 13 is not a whole number from 1 to d_sae 12: .*cfg\.json/],
  ['no k', 'lens-topk', cfg({ k: null }), /^k undefined is not a whole number/],
  [
    'the gated architecture',
    'lens-gated',
    async () => {},
    /^architecture gated is not read: .*cfg\.json.*standard, topk, jumprelu/,
  ],
  [
    'an architecture of tomorrow',
    'lens-topk',
    cfg({ architecture: 'transcoder' }),
    /^architecture transcoder is not read/,
  ],
  [
    'an unknown activation function',
    'lens-old-topk',
    cfg({ activation_fn_str: 'tanh-relu' }),
    /^activation function tanh-relu is not read/,
  ],
  [
    'inputs normalised each by itself',
    'lens-standard',
    cfg({ normalize_activations: 'layer_norm' }),
    /^normalize_activations layer_norm/,
  ],
  [
    'scaled inputs without their scale',
    'lens-standard',
    cfg({ normalize_activations: 'expected_average_only_in' }),
    /needs the activation_scaler\.json/,
  ],
  [
    'a scale that is no number',
    'lens-scaled',
    async (f) => writeFile(join(f, 'activation_scaler.json'), '{"scaling_factor":"x"}'),
    /^scaling_factor is not understood.*activation_scaler\.json/,
  ],
  [
    'a missing tensor',
    'lens-topk',
    tensors(LENS, () => ({ b_dec: undefined })),
    /^tensor b_dec is missing; the file holds W_dec, W_enc, b_enc/,
  ],
  [
    'a missing threshold',
    'lens-jumprelu',
    tensors(LENS, () => ({ threshold: undefined })),
    /^tensor threshold is missing/,
  ],
  [
    'a tensor of another architecture',
    'lens-topk',
    tensors(LENS, () => ({ W_skip: floats(6, 6) })),
    /^tensor W_skip belongs to an architecture that is not read/,
  ],
  [
    'a matrix that lies the other way',
    'lens-topk',
    tensors(LENS, () => ({ W_enc: floats(12, 6) })),
    /^tensor W_enc is \[12,6\] where \[6,12\] belongs/,
  ],
  [
    'a bias with two axes',
    'lens-topk',
    tensors(LENS, () => ({ b_enc: floats(12, 1) })),
    /^tensor b_enc \[12,1\] has 2 axes where 1 belong/,
  ],
  [
    'NaN in a matrix',
    'lens-topk',
    tensors(LENS, (old) => ({ W_enc: having(old.get('W_enc'), 31, Number.NaN) })),
    /^tensor W_enc holds NaN at \[2,7\]/,
  ],
  [
    'infinity in a bias',
    'lens-standard',
    tensors(LENS, (old) => ({ b_dec: having(old.get('b_dec'), 5, -Infinity) })),
    /^tensor b_dec holds -Infinity at \[5\]/,
  ],
  [
    'a scale of activations after training',
    'lens-standard',
    tensors(LENS, () => ({ scaling_factor: floats(12) })),
    /^tensor scaling_factor scales activations after training/,
  ],
  [
    'a header of 2^60 bytes',
    'lens-topk',
    header(LENS, '{}', 2n ** 60n, 0),
    /header of 1152921504606846976 bytes in a file of 10: .*sae_weights/,
  ],
  ['a header cut off', 'lens-topk', header(LENS, '{"W_enc":{', 10n, 0), /header is not a JSON object/],
  [
    'a header that is not UTF-8',
    'lens-topk',
    async (f) => writeFile(join(f, LENS), Buffer.from([4, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff, 0xfe, 0x7d])),
    /header is not a JSON object/,
  ],
  [
    'a shape of 2^60',
    'lens-topk',
    header(LENS, ...entries(`{"W_enc":{"dtype":"F32","shape":[${2 ** 60}],"data_offsets":[0,4]}}`), 4),
    /^tensor W_enc of the safetensors header is not understood/,
  ],
  [
    'a shape whose product leaves all bounds',
    'lens-topk',
    header(LENS, ...entries(`{"b":{"dtype":"F32","shape":[${2 ** 40},${2 ** 40}],"data_offsets":[0,4]}}`), 4),
    /^tensor b .* does not fit bytes 0 to 4 of 4/,
  ],
  [
    'offsets of 2^60',
    'lens-topk',
    header(LENS, ...entries(`{"b":{"dtype":"F32","shape":[1],"data_offsets":[${2 ** 60},${2 ** 60 + 4}]}}`), 4),
    /^tensor b of the safetensors header is not understood/,
  ],
  [
    'offsets that fall',
    'lens-topk',
    header(LENS, ...entries('{"b":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}'), 4),
    /^tensor b .* does not fit bytes 4 to 0/,
  ],
  [
    'tensors that share bytes',
    'lens-topk',
    header(
      LENS,
      ...entries(
        '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
      ),
      8,
    ),
    /overlap or leave gaps: b starts at byte 4 and not 8/,
  ],
  [
    'a gap between tensors',
    'lens-topk',
    header(LENS, ...entries('{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}'), 8),
    /overlap or leave gaps: a starts at byte 4/,
  ],
  [
    'a tensor named twice',
    'lens-topk',
    header(
      LENS,
      ...entries(
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
      ),
      4,
    ),
    /names tensor a twice/,
  ],
  [
    'a type that is not read',
    'lens-topk',
    header(LENS, ...entries('{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}'), 1),
    /^tensor a has type F8_E4M3, which is not read \(F64, F32/,
  ],
  [
    'float16 infinity',
    'lens-topk',
    async (f) => {
      const names = { W_enc: [6, 12], W_dec: [12, 6], b_enc: [12], b_dec: [6] };
      let start = 0;
      const table = Object.entries(names).map(([name, shape]) => {
        const bytes = 2 * shape.reduce((a, b) => a * b, 1);
        const entry = [name, { dtype: 'F16', shape, data_offsets: [start, start + bytes] }] as const;
        start += bytes;
        return entry;
      });
      await header(LENS, ...entries(JSON.stringify(Object.fromEntries(table))), start)(f);
      const bytes = await readFile(join(f, LENS));
      bytes.writeUInt16LE(0x7c00, bytes.length - 12); // b_dec[0]
      await writeFile(join(f, LENS), bytes);
    },
    /^tensor b_dec holds Infinity at \[0\]/,
  ],
  ['weights cut off', 'lens-topk', async (f) => truncate(join(f, LENS), 500), /does not fit bytes|header of \d+ bytes/],
  [
    'weights of no bytes',
    'lens-topk',
    async (f) => truncate(join(f, LENS)),
    /shorter than its header length: .*sae_weights/,
  ],
  [
    'a folder where the weights belong',
    'lens-topk',
    async (f) => {
      await rm(join(f, LENS));
      await mkdir(join(f, LENS));
    },
    /^not a file: .*sae_weights/,
  ],
  ['a skip connection', 'sparsify-skip', async () => {}, /^option skip_connection is not read: .*cfg\.json/],
  ['the gated kind', 'latentsae-gated', async () => {}, /^kind gated is not read: .*cfg\.json/],
  ['the groupmax activation', 'sparsify-topk', cfg({ activation: 'groupmax' }), /^activation groupmax is not read/],
  ['k above the latents', 'sparsify-topk', cfg({ k: 13 }), /^k 13 of 12 latents: .*cfg\.json/],
  ['k as text', 'sparsify-topk', cfg({ k: 'three' }), /^k is not understood.*cfg\.json/],
  [
    'an encoder of another size',
    'sparsify-topk',
    cfg({ num_latents: 11 }),
    /^tensor encoder\.weight is \[12,6\] where \[11,6\] belongs: .*sae\.safetensors/,
  ],
  [
    'no encoder',
    'sparsify-topk',
    tensors(SPARSIFY, () => ({ 'encoder.bias': undefined })),
    /^tensor encoder\.bias is missing/,
  ],
  [
    'a decoder of no fitting shape',
    'sparsify-topk',
    tensors(SPARSIFY, () => ({ W_dec: floats(7, 6) })),
    /^tensor W_dec is \[7,6\] where \[6,12\] belongs/,
  ],
  [
    'levels that say nothing',
    'latentsae-matryoshka',
    cfg({ matryoshka_ks: '2,' }),
    /^matryoshka_ks "2," ends in no number/,
  ],
  [
    'a threshold beyond float32',
    'latentsae-jumprelu',
    tensors(SPARSIFY, () => ({ log_threshold: { shape: [12], data: new Float32Array(12).fill(200) } })),
    /threshold holds values that are not finite/,
  ],
  [
    'an array of another kind',
    'params-relu.npz',
    arrays({ affine_skip_connection: floats(6, 6) }),
    /^array affine_skip_connection belongs to a kind that is not read: .*params-relu/,
  ],
  ['an array missing', 'params-relu.npz', arrays({ b_enc: undefined }), /^tensor b_enc is missing/],
  ['no latents', 'params-relu.npz', arrays({ b_enc: floats(0) }), /^tensor b_enc says 0 latents/],
  [
    'thresholds for another width',
    'params-jumprelu.npz',
    arrays({ threshold: floats(11) }),
    /^tensor threshold is \[11\] where \[12\] belongs/,
  ],
  ['an archive cut off', 'params-relu.npz', async (f) => truncate(f, 200), /not a whole zip archive: .*params-relu/],
  [
    'float64 beyond float32',
    'params-relu.npz',
    arrays({ b_dec: { shape: [6], data: new Float64Array(6).fill(1e300) } }),
    /^tensor b_dec holds Infinity at \[0\]/,
  ],
  [
    'a checkpoint without its encoder bias',
    MSAE,
    arrays({ 'model.latent_bias': undefined }),
    /^tensor model\.latent_bias is missing/,
  ],
  [
    'a checkpoint whose mean has another length',
    MSAE,
    arrays({ mean_center: floats(7) }),
    /^tensor mean_center is \[7\] where \[6\] belongs/,
  ],
  ['a checkpoint scaled by 0', MSAE, arrays({ scaling_factor: floats(1) }), /^scale 0 is not a number above 0/],
  [
    'a checkpoint scaled by many numbers',
    MSAE,
    arrays({ scaling_factor: floats(6) }),
    /^tensor scaling_factor is not one finite number/,
  ],
];
