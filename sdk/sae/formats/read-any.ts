/** Recognises whose autoencoder a path holds by what the files say, not by their names, and reads it. */
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { NadirError, parseNpz, readBounded, readZip } from '../../base/index.ts';
import { parseSae } from '../sae-file.ts';
import { parseSafeTensors } from '../safetensors.ts';
import { type ForeignSae, foreignSae } from './foreign.ts';
import { isMsaeCheckpoint, MSAE_TO_NPZ, msaeFromArrays } from './msae-checkpoint.ts';
import { isParamsNpz, paramsFromNpz } from './params-npz.ts';
import { readSaeLens, SAE_LENS_WEIGHTS } from './sae-lens-read.ts';
import { readSparsify, SPARSIFY_WEIGHTS } from './sparsify.ts';
import { MAX_WEIGHT_BYTES } from './tensor-table.ts';

const CFG = 'cfg.json';
const READ = 'a model folder of ours, of sae-lens, sparsify or latentsae, a params.npz, or a converted MSAE checkpoint';
const CONVERT = `Save it as safetensors with its program; for an MSAE checkpoint run ${MSAE_TO_NPZ} and give FILE.pth.npz`;

/**
 * Reads the autoencoder in a folder or a file: ours (`sae.safetensors`), a sae-lens or sparsify/latentsae folder or one of its files, a params
 * `.npz`, or a converted MSAE checkpoint (`.npz` or safetensors). Throws NadirError that says what is wrong, in which file, and what to do.
 */
export async function readAnySae(path: string): Promise<ForeignSae> {
  const info = await stat(path).catch(unreadable(path));
  return info.isDirectory() ? readFolder(path) : readFile(path);
}

async function readFolder(folder: string): Promise<ForeignSae> {
  const names = await readdir(folder).catch(unreadable(folder));
  const has = (name: string) => names.includes(name);
  if (has(SAE_LENS_WEIGHTS)) return readSaeLens(folder);
  if (has(SPARSIFY_WEIGHTS) && has(CFG)) return readSparsify(folder);
  if (has(SPARSIFY_WEIGHTS)) return readFile(join(folder, SPARSIFY_WEIGHTS));
  const [other, ...more] = names.filter((name) => /\.(npz|safetensors)$/.test(name));
  if (other !== undefined && more.length === 0) return readFile(join(folder, other));
  const held = names.sort().slice(0, 6).join(', ') || 'nothing';
  throw new NadirError({
    what:
      more.length > 0
        ? `holds several files of weights (${other}, ${more.join(', ')})`
        : `holds no autoencoder (${held})`,
    where: folder,
    remedy: more.length > 0 ? 'Give the path of one' : `Give ${READ}`,
  });
}

async function readFile(path: string): Promise<ForeignSae> {
  const head = await headOf(path);
  if (head.readUInt32LE(0) === 0x04034b50 || path.endsWith('.npz')) return readArchive(path);
  if (basename(path) === CFG) return readFolder(dirname(path));
  if (head[8] === 0x7b || path.endsWith('.safetensors')) return readSafeTensors(path);
  if (head[0] === 0x80 && head[1] <= 5)
    throw new NadirError({ what: 'a Python pickle, which is not read', where: path, remedy: CONVERT });
  throw new NadirError({ what: 'neither safetensors nor .npz', where: path, remedy: `Give ${READ}` });
}

async function readSafeTensors(path: string): Promise<ForeignSae> {
  const folder = dirname(path);
  if (basename(path) === SAE_LENS_WEIGHTS) return readSaeLens(folder);
  const bytes = await readBounded(path, MAX_WEIGHT_BYTES);
  const { tensors } = parseSafeTensors(bytes, path);
  if (tensors.has('b_lat') || tensors.has('b_pre')) return foreignSae('nadir', parseSae(bytes, path), path);
  if (isMsaeCheckpoint([...tensors.keys()])) return msaeFromArrays(tensors, path);
  if (tensors.has('encoder.weight') || tensors.has('W_gate.weight')) {
    if (basename(path) === SPARSIFY_WEIGHTS) return readSparsify(folder);
    throw misnamed('sparsify or latentsae', path, SPARSIFY_WEIGHTS);
  }
  if (tensors.has('b_enc')) throw misnamed('sae-lens', path, SAE_LENS_WEIGHTS);
  throw unknown(path, [...tensors.keys()]);
}

function misnamed(program: string, path: string, name: string): NadirError {
  const remedy = `Call the file ${name} and put its ${CFG} beside it`;
  return new NadirError({ what: `weights of ${program} under another name`, where: path, remedy });
}

async function readArchive(path: string): Promise<ForeignSae> {
  const bytes = await readBounded(path, MAX_WEIGHT_BYTES);
  const members = [...readZip(bytes, path).keys()];
  if (members.some((name) => name.endsWith('data.pkl')))
    throw new NadirError({ what: 'a PyTorch checkpoint, which is not read', where: path, remedy: CONVERT });
  const arrays = parseNpz(bytes, path);
  const names = [...arrays.keys()];
  if (isMsaeCheckpoint(names)) return msaeFromArrays(arrays, path);
  if (isParamsNpz(names)) return paramsFromNpz(arrays, path);
  throw unknown(path, names);
}

function unknown(path: string, names: readonly string[]): NadirError {
  const held = names.slice(0, 8).join(', ') || 'nothing';
  return new NadirError({ what: `holds no autoencoder that is read (${held})`, where: path, remedy: `Give ${READ}` });
}

/** The first nine bytes, zeros where the file has fewer. */
async function headOf(path: string): Promise<Buffer> {
  const head = Buffer.alloc(9);
  const file = await open(path).catch(unreadable(path));
  try {
    await file.read(head, 0, head.length, 0);
  } finally {
    await file.close();
  }
  return head;
}

function unreadable(where: string): (cause: unknown) => never {
  return (cause) => {
    throw new NadirError({ what: 'cannot read', where, remedy: 'Check that it exists and is readable', cause });
  };
}
