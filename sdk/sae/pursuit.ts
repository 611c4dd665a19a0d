/**
 * Codes by pursuit: the dictionary read as well as it can be, where time allows. A linear encoder picks a row's latents from the row alone,
 * and one encoder has to serve every k; pursuit picks a few atoms at a time from what is left of the row, and fits all values again, so one
 * Matryoshka dictionary serves each k at its best. Generalized orthogonal matching pursuit (Wang, Kwon & Shim 2012, IEEE Trans. Signal
 * Process. 60:6202) with values that stay ≥ 0 (Bruckstein, Elad & Zibulevsky 2008, IEEE Trans. Inf. Theory 54:4813), fitted by coordinate
 * descent. The latents of a smaller k are among those of a larger one; their values are fitted to each k.
 */
import { NadirError } from '../base/index.ts';
import { centreInto, risingKs } from './code-batch.ts';
import { DenseProduct } from './dense.ts';
import type { SparseCode } from './encode.ts';
import { atomNorms } from './formats/latents.ts';
import { openKernels } from './kernels/open.ts';
import { rowWidth } from './layout.ts';
import type { SaeWeights } from './weights.ts';

/** Rows worked on at once. */
const ROWS = 256;
/** Atoms taken at a time: one, or this share of those there are. More at once are found faster, but may be much like each other. */
const SHARE_TAKEN = 1 / 8;
/** Rounds of coordinate descent after each step, and at most for a code that is given out. */
const ROUNDS = 3;
const LAST_ROUNDS = 50;
/** A fit is done where no value changes by more than this share of the largest. */
const SETTLED = 1e-3;

/** Codes of embeddings [rows, d] with at most k latents, for each k of `ks`: [ks][rows], strongest latents first. Atoms must have norm 1. */
export async function pursueCodes(
  sae: SaeWeights,
  embeddings: Float32Array,
  ks: readonly number[],
  threads: number,
): Promise<SparseCode[][]> {
  const { d, n } = sae;
  checkUnitAtoms(sae);
  const rising = risingKs(ks, n);
  const rows = embeddings.length / d;
  const batch = Math.min(ROWS, rows);
  const pursuit = new Pursuit(sae, batch, rising[rising.length - 1]);
  const found = new Map(rising.map((k) => [k, [] as SparseCode[]]));
  const dense = await DenseProduct.open(threads);
  try {
    for (let from = 0; from < rows; from += batch) {
      const count = Math.min(batch, rows - from);
      pursuit.begin(sae, embeddings.subarray(from * d, (from + count) * d));
      for (const k of rising) {
        await pursuit.grow(k, dense);
        found.get(k)?.push(...pursuit.codes());
      }
    }
  } finally {
    await dense.close();
  }
  return ks.map((k) => found.get(Math.min(k, n)) ?? []);
}

/** A batch of rows and what has been found of them. */
class Pursuit {
  readonly #n: number;
  readonly #width: number;
  readonly #kernels;
  readonly #atoms: Float32Array;
  /** Where the atoms and the rows' residuals begin, in bytes. */
  readonly #atomsAt = 65536;
  readonly #residualsAt: number;
  readonly #scores: Float32Array;
  /** Of each row: its latents in the order they came, and their values, [rows, most]. */
  readonly #latents: Uint32Array;
  readonly #values: Float32Array;
  readonly #most: number;
  #rows = 0;
  #count = 0;

  constructor({ d, n, wDec }: SaeWeights, rows: number, most: number) {
    [this.#n, this.#most] = [n, most];
    this.#width = rowWidth(d);
    this.#residualsAt = this.#atomsAt + n * this.#width * 4;
    this.#kernels = openKernels(this.#residualsAt + rows * this.#width * 4);
    this.#atoms = new Float32Array(this.#kernels.buffer, this.#atomsAt, n * this.#width);
    for (let latent = 0; latent < n; latent++)
      this.#atoms.set(wDec.subarray(latent * d, (latent + 1) * d), latent * this.#width);
    this.#scores = new Float32Array(rows * n);
    this.#latents = new Uint32Array(rows * most);
    this.#values = new Float32Array(rows * most);
  }

  /** Begins with embeddings [rows, d]: with x' − b_pre. */
  begin(sae: SaeWeights, embeddings: Float32Array): void {
    const rows = embeddings.length / sae.d;
    centreInto(sae, embeddings, this.#width, this.#residuals(rows));
    [this.#rows, this.#count] = [rows, 0];
  }

  /** Goes on to k atoms a row. */
  async grow(k: number, dense: DenseProduct): Promise<void> {
    const scores = this.#scores.subarray(0, this.#rows * this.#n);
    while (this.#count < k) {
      const taken = Math.min(k - this.#count, Math.max(1, Math.floor(this.#count * SHARE_TAKEN)));
      await dense.multiply(this.#residuals(this.#rows), this.#atoms, this.#width, scores);
      for (let row = 0; row < this.#rows; row++) this.#take(row, taken);
      this.#count += taken;
      for (let row = 0; row < this.#rows; row++) this.#fit(row, ROUNDS);
    }
    for (let row = 0; row < this.#rows; row++) this.#fit(row, LAST_ROUNDS);
  }

  /** The rows' codes as they stand. */
  codes(): SparseCode[] {
    return Array.from({ length: this.#rows }, (_, row) => {
      const from = row * this.#most;
      const active = [...this.#values.subarray(from, from + this.#count).keys()]
        .filter((i) => this.#values[from + i] > 0)
        .sort(
          (a, b) =>
            this.#values[from + b] - this.#values[from + a] || this.#latents[from + a] - this.#latents[from + b],
        );
      return {
        latents: Uint32Array.from(active, (i) => this.#latents[from + i]),
        values: Float32Array.from(active, (i) => this.#values[from + i]),
      };
    });
  }

  /** Adds the `taken` atoms that lie nearest along the row's residual and are not its own yet, with value 0. */
  #take(row: number, taken: number): void {
    const scores = this.#scores.subarray(row * this.#n, (row + 1) * this.#n);
    const latents = this.#latents.subarray(row * this.#most, (row + 1) * this.#most);
    for (let i = 0; i < this.#count; i++) scores[latents[i]] = -Infinity;
    const best = latents.subarray(this.#count, this.#count + taken);
    let held = 0;
    for (let latent = 0; latent < scores.length; latent++) {
      if (held === taken && !(scores[latent] > scores[best[held - 1]])) continue;
      let place = held < taken ? held++ : held - 1;
      for (; place > 0 && scores[latent] > scores[best[place - 1]]; place--) best[place] = best[place - 1];
      best[place] = latent;
    }
    this.#values.fill(0, row * this.#most + this.#count, row * this.#most + this.#count + taken);
  }

  /** Rounds of coordinate descent on Σ(residual²) over values ≥ 0; atoms have norm 1. */
  #fit(row: number, rounds: number): void {
    const { dot, axpy } = this.#kernels;
    const bytes = this.#width * 4;
    const residual = this.#residualsAt + row * bytes;
    const from = row * this.#most;
    for (let round = 0; round < rounds; round++) {
      let [most, largest] = [0, 0];
      // the newest first: they know least of the others
      for (let i = from + this.#count - 1; i >= from; i--) {
        const atom = this.#atomsAt + this.#latents[i] * bytes;
        const before = this.#values[i];
        this.#values[i] = Math.max(0, before + dot(atom, residual, this.#width));
        const change = this.#values[i] - before;
        if (change !== 0) axpy(-change, atom, residual, this.#width);
        most = Math.max(most, Math.abs(change));
        largest = Math.max(largest, this.#values[i]);
      }
      if (most <= SETTLED * largest) return;
    }
  }

  #residuals(rows: number): Float32Array {
    return new Float32Array(this.#kernels.buffer, this.#residualsAt, rows * this.#width);
  }
}

function checkUnitAtoms(sae: SaeWeights): void {
  const norms = atomNorms(sae);
  const bad = norms.findIndex((norm) => !(Math.abs(norm * norm - 1) < 1e-3));
  if (bad < 0) return;
  throw new NadirError({
    what: `atom ${bad} has norm ${norms[bad].toPrecision(4)}, not 1`,
    where: 'the dictionary',
    remedy: 'Bring its atoms to norm 1 first (withUnitAtoms)',
  });
}
