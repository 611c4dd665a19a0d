/** LP of arXiv 2502.20578: what a linear probe that was trained on original embeddings makes of their reconstructions. */
import { likeliest, type Probe, probeLogits } from './linear-probe.ts';
import { requireSame } from './rows.ts';
import { softmax } from './softmax.ts';

export interface ProbeLoss {
  /** Mean over rows of KL(p_original ‖ p_reconstructed), in nats. */
  readonly kl: number;
  /** Share of the rows with the same most probable class. */
  readonly agreement: number;
}

/** Reads the probe on embeddings [rows, d] and on their reconstructions [rows, d]. */
export function measureProbeLoss(probe: Probe, embeddings: Float32Array, reconstructions: Float32Array): ProbeLoss {
  requireSame(reconstructions.length, embeddings.length, 'reconstructions');
  const { classes } = probe;
  const original = probeLogits(probe, embeddings);
  const reconstructed = probeLogits(probe, reconstructions);
  const rows = original.length / classes;
  const p = new Float64Array(classes);
  const q = new Float64Array(classes);
  let [kl, same] = [0, 0];
  const [first, second] = [likeliest(original, classes), likeliest(reconstructed, classes)];
  for (let row = 0; row < rows; row++) {
    const at = row * classes;
    p.set(original.subarray(at, at + classes));
    q.set(reconstructed.subarray(at, at + classes));
    // logarithms by the norm: a probability that rounds to 0 must not make the sum infinite
    const [normP, normQ] = [softmax(p), softmax(q)];
    for (let k = 0; k < classes; k++) kl += p[k] * (original[at + k] - normP - (reconstructed[at + k] - normQ));
    if (first[row] === second[row]) same++;
  }
  return { kl: Math.max(0, kl / rows), agreement: same / rows };
}
