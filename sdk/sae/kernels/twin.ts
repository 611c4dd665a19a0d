/**
 * Plain TypeScript twin of assembly/sae.ts: the same sums in the same order, rounded to float32 where WASM does, so that both give the same
 * bits. It runs where WASM cannot, and is what the kernels are tested against.
 */
import type { SaeKernels } from './kernels.ts';

const f32 = Math.fround;

/** Kernels in plain TypeScript over a fresh memory of `bytes`. */
export function twinKernels(bytes: number): SaeKernels {
  const buffer = new ArrayBuffer(Math.ceil(bytes / 8) * 8);
  const F = new Float32Array(buffer);
  const U = new Uint32Array(buffer);
  const D = new Float64Array(buffer);
  const lanes = new Float32Array(8);

  function dot(a: number, b: number, width: number): number {
    const p = a >> 2;
    const q = b >> 2;
    lanes.fill(0);
    for (let i = 0; i < width; i += 8) {
      for (let lane = 0; lane < 8; lane++) lanes[lane] += f32(F[p + i + lane] * F[q + i + lane]);
    }
    const l0 = f32(lanes[0] + lanes[4]);
    const l1 = f32(lanes[1] + lanes[5]);
    const l2 = f32(lanes[2] + lanes[6]);
    const l3 = f32(lanes[3] + lanes[7]);
    return f32(f32(l0 + l1) + f32(l2 + l3));
  }

  function axpy(scale: number, x: number, y: number, width: number): void {
    const factor = f32(scale);
    for (let i = 0, p = x >> 2, q = y >> 2; i < width; i++) F[q + i] += f32(factor * F[p + i]);
  }

  function centre(x: number, b: number, out: number, rows: number, width: number): void {
    for (let row = 0, p = x >> 2, o = out >> 2; row < rows; row++, p += width, o += width) {
      for (let i = 0; i < width; i++) F[o + i] = F[p + i] - F[(b >> 2) + i];
    }
  }

  function quickselect(values: number, latents: number, count: number, k: number): void {
    let left = 0;
    let right = count - 1;
    while (left < right) {
      const pivot = F[values + ((left + right) >> 1)];
      let i = left;
      let j = right;
      while (i <= j) {
        while (F[values + i] > pivot) i++;
        while (F[values + j] < pivot) j--;
        if (i <= j) {
          const value = F[values + i];
          F[values + i] = F[values + j];
          F[values + j] = value;
          const latent = U[latents + i];
          U[latents + i] = U[latents + j];
          U[latents + j] = latent;
          i++;
          j--;
        }
      }
      if (k - 1 <= j) right = j;
      else if (k - 1 >= i) left = i;
      else return;
    }
  }

  const select: SaeKernels['select'] = (
    pre,
    rows,
    n,
    bias,
    levels,
    levelCount,
    scratchValues,
    scratchLatents,
    latents,
    values,
    ends,
    slots,
  ) => {
    const [sv, sl] = [scratchValues >> 2, scratchLatents >> 2];
    for (let row = 0; row < rows; row++) {
      let count = 0;
      for (let latent = 0; latent < n; latent++) {
        const value = f32(F[(pre >> 2) + row * n + latent] + F[(bias >> 2) + latent]);
        if (value > 0) {
          F[sv + count] = value;
          U[sl + count] = latent;
          count++;
        }
      }
      const end = (ends >> 2) + row * levelCount;
      for (let level = levelCount - 1; level >= 0; level--) {
        const k = U[(levels >> 2) + level];
        if (k < count) {
          quickselect(sv, sl, count, k);
          count = k;
        }
        U[end + level] = count;
      }
      const kept = U[end + levelCount - 1];
      F.copyWithin((values >> 2) + row * slots, sv, sv + kept);
      U.copyWithin((latents >> 2) + row * slots, sl, sl + kept);
    }
  };

  const decode: SaeKernels['decode'] = (
    x,
    rows,
    d,
    width,
    wDec,
    bPre,
    levelCount,
    weights,
    relative,
    latents,
    values,
    ends,
    slots,
    gradients,
    estimate,
    errors,
  ) => {
    const e = estimate >> 2;
    for (let row = 0; row < rows; row++) {
      const input = (x >> 2) + row * width;
      const power = relative ? f32(dot(input << 2, input << 2, width) / d) : 1;
      const inverse = power > 0 ? f32(1 / power) : 0;
      F.copyWithin(e, bPre >> 2, (bPre >> 2) + width);
      const first = gradients + row * levelCount * width * 4;
      let slot = 0;
      for (let level = 0; level < levelCount; level++) {
        const end = U[(ends >> 2) + row * levelCount + level];
        for (; slot < end; slot++) {
          const place = row * slots + slot;
          axpy(F[(values >> 2) + place], wDec + U[(latents >> 2) + place] * width * 4, estimate, width);
        }
        const gradient = first + level * width * 4;
        const g = gradient >> 2;
        for (let i = 0; i < width; i++) F[g + i] = F[e + i] - F[input + i];
        D[(errors >> 3) + level] += f32(f32(dot(gradient, gradient, width) * inverse) / d);
        const factor = f32(F[(weights >> 2) + level] * inverse);
        for (let i = 0; i < width; i++) F[g + i] *= factor;
      }
      for (let level = levelCount - 2; level >= 0; level--) {
        const g = (first >> 2) + level * width;
        for (let i = 0; i < width; i++) F[g + i] += F[g + width + i];
      }
    }
  };

  const byLatent: SaeKernels['byLatent'] = (latents, ends, rows, levelCount, slots, n, starts, entries) => {
    const s = starts >> 2;
    const kept = (row: number) => U[(ends >> 2) + (row + 1) * levelCount - 1];
    const latentOf = (row: number, slot: number) => U[(latents >> 2) + row * slots + slot];
    U.fill(0, s, s + n + 1);
    for (let row = 0; row < rows; row++) for (let slot = 0; slot < kept(row); slot++) U[s + latentOf(row, slot) + 1]++;
    for (let latent = 0; latent < n; latent++) U[s + latent + 1] += U[s + latent];
    const next = U.slice(s, s + n);
    for (let row = 0; row < rows; row++) {
      for (let slot = 0; slot < kept(row); slot++) {
        const entry = (entries >> 2) + next[latentOf(row, slot)]++ * 2;
        U[entry] = row;
        U[entry + 1] = slot;
      }
    }
  };

  const backward: SaeKernels['backward'] = (
    first,
    last,
    centred,
    width,
    wDec,
    levelCount,
    values,
    ends,
    slots,
    gradients,
    starts,
    entries,
    penalty,
    gDec,
    gEnc,
    gLat,
  ) => {
    const bytes = width * 4;
    const l1 = f32(penalty);
    for (let latent = first; latent < last; latent++) {
      for (let place = U[(starts >> 2) + latent]; place < U[(starts >> 2) + latent + 1]; place++) {
        const row = U[(entries >> 2) + place * 2];
        const slot = U[(entries >> 2) + place * 2 + 1];
        let level = 0;
        while (U[(ends >> 2) + row * levelCount + level] <= slot) level++;
        const residual = gradients + (row * levelCount + level) * bytes;
        const dz = f32(dot(wDec + latent * bytes, residual, width) + l1);
        axpy(F[(values >> 2) + row * slots + slot], residual, gDec + latent * bytes, width);
        axpy(dz, centred + row * bytes, gEnc + latent * bytes, width);
        F[(gLat >> 2) + latent] += dz;
      }
    }
  };

  const constrain: SaeKernels['constrain'] = (n, width, wDec, wEnc, bLat, gDec, gEnc, gLat) => {
    let squares = 0;
    for (let latent = 0; latent < n; latent++) {
      const offset = latent * width * 4;
      const squaredNorm = dot(wDec + offset, wDec + offset, width);
      const norm = squaredNorm > 0 ? f32(Math.sqrt(squaredNorm)) : 1;
      const down = f32(1 / norm);
      for (let i = 0; i < width; i++) {
        F[((wDec + offset) >> 2) + i] *= down;
        F[((wEnc + offset) >> 2) + i] *= norm;
      }
      F[(bLat >> 2) + latent] *= norm;
      axpy(-dot(gDec + offset, wDec + offset, width), wDec + offset, gDec + offset, width);
      const gradBias = F[(gLat >> 2) + latent];
      const rows = dot(gDec + offset, gDec + offset, width) + dot(gEnc + offset, gEnc + offset, width);
      squares += rows + gradBias * gradBias;
    }
    return squares;
  };

  const adam: SaeKernels['adam'] = (w, g, m, v, count, rate, correction, beta1, beta2, epsilon, clip) => {
    const [step, c2, b1, b2, eps, scale] = [
      f32(rate),
      f32(correction),
      f32(beta1),
      f32(beta2),
      f32(epsilon),
      f32(clip),
    ];
    const [a1, a2, tiny] = [f32(1 - b1), f32(1 - b2), f32(1e-30)];
    for (let i = 0; i < count; i++) {
      const gradient = f32(F[(g >> 2) + i] * scale);
      let mean = f32(f32(b1 * F[(m >> 2) + i]) + f32(a1 * gradient));
      let square = f32(f32(b2 * F[(v >> 2) + i]) + f32(a2 * f32(gradient * gradient)));
      if (!(Math.abs(mean) >= tiny)) mean = 0;
      if (!(square >= tiny)) square = 0;
      F[(m >> 2) + i] = mean;
      F[(v >> 2) + i] = square;
      const root = f32(f32(Math.sqrt(f32(square * c2))) + eps);
      F[(w >> 2) + i] -= f32(f32(step * mean) / root);
    }
  };

  return { name: 'twin', buffer, dot, axpy, centre, select, decode, byLatent, backward, constrain, adam };
}
