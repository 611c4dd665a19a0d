/**
 * The checkpoint of the MSAE authors' public code (Zaigrajew, Baniecki & Biecek 2025), once MSAE_TO_NPZ has turned its `.pth` into `.npz` (or the same
 * names into safetensors). x' = (x − mean_center)·scaling_factor, z = activation((x' − pre_bias)·encoder + latent_bias),
 * x̂' = z·decoder + pre_bias. Its name says what the weights do not: `{n}_{d}_{activation}[_{k}][_UW|_RW]_{tied}_{normalize}_{soft cap}_{data}.pth`.
 */
import { basename } from 'node:path';
import type { NdArray } from '../../base/index.ts';
import type { Activation, SaeWeights } from '../weights.ts';
import { type ForeignSae, foreignSae } from './foreign.ts';
import { selection, transposed } from './raw-weights.ts';
import { TensorTable } from './tensor-table.ts';

/** One line for the Python that has PyTorch: writes `FILE.pth.npz` beside `FILE.pth`. Keep the file's name. */
export const MSAE_TO_NPZ = `python -c "import sys,torch,numpy as np; p=sys.argv[1]; c=torch.load(p,map_location='cpu',weights_only=False); np.savez(p+'.npz',**{'model.'+k:v.numpy() for k,v in c['model'].items()},**{k:np.asarray(c[k]) for k in ('mean_center','scaling_factor','target_norm') if c.get(k) is not None})" FILE.pth`;

const REMEDY = 'Convert the .pth again with MSAE_TO_NPZ of sdk/sae/formats';
const LOG_THRESHOLD = 'model.activation.log_threshold';
const KNOWN = [
  ...['model.pre_bias', 'model.encoder', 'model.latent_bias', 'model.decoder', 'model.latents_activation_frequency'],
  ...[LOG_THRESHOLD, 'model.dead_activations.log_threshold', 'mean_center', 'scaling_factor', 'target_norm'],
];

/** Whether arrays are those of such a checkpoint. */
export function isMsaeCheckpoint(names: readonly string[]): boolean {
  return names.includes('model.encoder') && names.includes('model.pre_bias');
}

/**
 * The autoencoder of a converted checkpoint. `where`, the file's path, says activation and levels where it kept its name. Of an MSAE, a
 * BatchTopK model or a file of unknown name the code is the ReLU code, whose first k latents are the code at k, as the authors evaluate them.
 */
export function msaeFromArrays(arrays: ReadonlyMap<string, NdArray>, where: string): ForeignSae {
  const table = new TensorTable(arrays, where, REMEDY);
  table.refuseOthers(KNOWN, (name) => `array ${name} belongs to a kind that is not read`);
  const { n, d } = table.sizes('model.latent_bias', 'model.pre_bias');
  const said = nameOf(where, n);
  if (said?.normalize) throw table.fail('its name says that each input is normalised, which is not read');
  if (said && said.softCap > 0)
    throw table.fail(`its name says that activations are capped at ${said.softCap}, which is not read`);
  const wEnc = transposed(table.floats('model.encoder', d, n), d, n);
  const weights: SaeWeights = {
    ...{ n, d, wEnc, activation: said?.activation ?? 'relu', levels: said?.levels ?? [] },
    ...(table.has(LOG_THRESHOLD) && selection({ threshold: table.floats(LOG_THRESHOLD, n).map(Math.exp) })),
    // tied weights are saved once
    wDec: table.has('model.decoder') ? table.floats('model.decoder', n, d) : wEnc,
    bLat: table.floats('model.latent_bias', n),
    bPre: table.floats('model.pre_bias', d),
    mean: meanOf(table, d),
    scale: table.has('scaling_factor') ? table.scalar('scaling_factor') : 1,
    nonNegative: false,
  };
  return foreignSae('msae', weights, where);
}

/** [d], [1, d], or one number where the data were not centred. */
function meanOf(table: TensorTable, d: number): Float32Array {
  if (!table.has('mean_center')) return new Float32Array(d);
  const shape = table.shape('mean_center');
  if (shape.reduce((product, length) => product * length, 1) === 1)
    return new Float32Array(d).fill(table.scalar('mean_center'));
  return shape.length === 2 ? table.floats('mean_center', 1, d) : table.floats('mean_center', d);
}

interface CheckpointName {
  readonly activation: Activation;
  readonly levels: readonly number[];
  readonly normalize: boolean;
  readonly softCap: number;
}

/** What a checkpoint's name says; undefined where it is not of the authors' form. */
function nameOf(path: string, n: number): CheckpointName | undefined {
  const parts =
    /^\d+_\d+_([A-Za-z]+)(?:_(\d+))?(?:_(UW|RW|FW))?_(?:True|False)_(True|False)_(\d+(?:\.\d+)?)(?:_|\.)/.exec(
      basename(path),
    );
  if (!parts) return undefined;
  const [, activation, k, weighting, normalize, softCap] = parts;
  const base = { normalize: normalize === 'True', softCap: Number(softCap) };
  const first = Math.min(Number(k), n);
  if (!activation.startsWith('TopK') || !(first >= 1)) return { ...base, activation: 'relu', levels: [] };
  if (weighting) return { ...base, activation: 'msae', levels: doubledLevels(first, n) };
  return { ...base, activation: 'topk', levels: [first] };
}

/** The paper's levels: k doubled while it is at most n, then n. */
function doubledLevels(first: number, n: number): number[] {
  const levels: number[] = [];
  for (let k = first; k < n; k *= 2) levels.push(k);
  return [...levels, n];
}
