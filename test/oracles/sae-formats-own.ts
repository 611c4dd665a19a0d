/**
 * Autoencoders of ours for sae_formats_lens.py: each as `DIR/NAME.safetensors` in our own format and as the sae-lens folder `DIR/NAME` that
 * writeSaeLens makes of it.
 *
 *     node tools/pinned.mjs test/oracles/sae-formats-own.ts DIR
 */
import { join } from 'node:path';
import { Random } from '../../sdk/base/index.ts';
import { writeSaeLens } from '../../sdk/sae/formats/index.ts';
import { type SaeWeights, writeSae } from '../../sdk/sae/index.ts';

const D = 6;
const N = 12;

function ownSae(seed: number, parts: Pick<SaeWeights, 'activation' | 'levels' | 'nonNegative' | 'scale'>): SaeWeights {
  const random = Random.of(seed, 'sae formats');
  const draw = (count: number, size: number) => Float32Array.from({ length: count }, () => size * random.normal());
  const wDec = draw(N * D, 1);
  for (let row = 0; row < N; row++) {
    const atom = wDec.subarray(row * D, (row + 1) * D);
    const norm = Math.hypot(...atom);
    for (let i = 0; i < D; i++) atom[i] /= norm;
  }
  const [wEnc, bPre, bLat, mean] = [draw(N * D, 0.5), draw(D, 0.3), draw(N, 0.3), draw(D, 1)];
  return { d: D, n: N, wEnc, wDec, bPre, bLat, mean, ...parts };
}

const [folder] = process.argv.slice(2);
const cases = [
  {
    name: 'relu',
    sae: ownSae(1, { activation: 'msae', levels: [2, 4, 12], nonNegative: false, scale: 2.5 }),
    options: {},
  },
  {
    name: 'fixed-k',
    sae: ownSae(2, { activation: 'msae', levels: [2, 4, 12], nonNegative: false, scale: 0.37 }),
    options: { k: 4 },
  },
  { name: 'topk', sae: ownSae(3, { activation: 'topk', levels: [3], nonNegative: false, scale: 1.9 }), options: {} },
  {
    name: 'non-negative',
    sae: ownSae(4, { activation: 'relu', levels: [], nonNegative: true, scale: 1.2 }),
    options: {},
  },
];
const jumping = ownSae(5, { activation: 'jumprelu', levels: [], nonNegative: false, scale: 1.6 });
const threshold = Float32Array.from({ length: N }, (_, latent) => 0.05 * latent);
for (const { name, sae, options } of [...cases, { name: 'jumprelu', sae: { ...jumping, threshold }, options: {} }]) {
  await writeSae(join(folder, `own-${name}.safetensors`), sae);
  await writeSaeLens(join(folder, `own-${name}`), sae, options);
}
