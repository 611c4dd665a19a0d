/**
 * The claim of distillation, in full: a concept model trained on EuroSAT embeddings is distilled to students of several sizes, calibrated on
 * the rows that it was trained on and measured on rows that neither saw. The student at least 8 times smaller than the float32 encoder
 * keeps a Jaccard index of the 16 strongest latents of at least 0.90 and loses at most 0.01 of the cosine. Beside the table stands plain rounding
 * of all used latents to as many bits each. One JSON document; exit code 1 where the claim fails.
 * Run: node tools/pinned.mjs test/campaigns/distil.ts MODEL_FOLDER TRAIN_NPY HOLDOUT_NPY [ratios] [threads]
 */
import { join } from 'node:path';
import { distill, meanJaccard, readEmbeddings } from '../../sdk/concepts/index.ts';
import { codesOf, preActivationsOf, readSae } from '../../sdk/sae/index.ts';

const CLAIM = { ratio: 8, jaccard16: 0.9, cosineLoss: 0.01 } as const;
const COMPARED = 16;

const [folder, train, holdout, ratios = '4,6,8,12,16', threads = '1'] = process.argv.slice(2);
if (!holdout) {
  console.error('usage: distil.ts MODEL_FOLDER TRAIN_NPY HOLDOUT_NPY [ratios] [threads]');
  process.exit(2);
}
const sae = await readSae(join(folder, 'sae.safetensors'));
const calibration = (await readEmbeddings(train, sae.d)).data;
const heldOut = (await readEmbeddings(holdout, sae.d)).data;
const before = process.cpuUsage();
const { student, table, chosen, teacherBytes, onnx } = await distill(sae, calibration, heldOut, {
  ratio: CLAIM.ratio,
  table: ratios.split(',').map(Number),
  threads: Number(threads),
});
const { user, system } = process.cpuUsage(before);

/** Jaccard-16 of all latents with weights of `bits` bits, each rounded on its own: 32/bits times smaller or a little less. */
async function plainRounding(bits: number): Promise<{ bits: number; ratio: number; jaccard16: number }> {
  const top = 2 ** (bits - 1) - 1;
  const wEnc = new Float32Array(sae.wEnc.length);
  for (let start = 0; start < wEnc.length; start += sae.d) {
    const row = sae.wEnc.subarray(start, start + sae.d);
    const unit = row.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 0) / top || 1;
    wEnc.set(
      row.map((weight) => Math.round(weight / unit) * unit),
      start,
    );
  }
  const codes = async (weights: Float32Array) =>
    codesOf(await preActivationsOf({ ...sae, wEnc: weights }, heldOut, Number(threads)), sae.n, COMPARED);
  return { bits, ratio: 32 / bits, jaccard16: meanJaccard(await codes(sae.wEnc), await codes(wEnc), COMPARED) };
}

const byBits: Record<string, number> = {};
for (const bits of student.bits) byBits[bits] = (byBits[bits] ?? 0) + 1;
const claims = {
  'at least 8 times smaller': onnx.length * CLAIM.ratio <= teacherBytes,
  'Jaccard-16 at least 0.90': chosen.jaccard16 >= CLAIM.jaccard16,
  'cosine loss at most 0.01': chosen.cosineLoss <= CLAIM.cosineLoss,
  'every size asked for is reached': table.every(({ asked, ratio }) => ratio >= asked),
};
console.log(
  JSON.stringify(
    {
      ...{ latents: sae.n, d: sae.d, rows: calibration.length / sae.d, heldOut: heldOut.length / sae.d },
      teacher: { bytes: teacherBytes },
      chosen: { ...chosen, latentsByBits: byBits },
      table,
      plainRounding: [await plainRounding(7), await plainRounding(5), await plainRounding(4), await plainRounding(3)],
      cpuSeconds: (user + system) / 1e6,
      claims,
    },
    null,
    2,
  ),
);
if (Object.values(claims).includes(false)) process.exitCode = 1;
