/** How good the soil estimates are that came down, on samples that no training had seen. */
import type { Scene as ReceivedScene } from '../sdk/ground/index.ts';
import type { SoilInFlight } from './mission-facts.ts';
import type { Scene } from './scenes.ts';
import type { HeldOutSpectra } from './set-aside.ts';

/** Root mean square error and R² per target over every patch of which an estimate has come. */
export function soilInFlight(
  taken: readonly Scene[],
  received: readonly ReceivedScene[],
  held: HeldOutSpectra,
): SoilInFlight[] {
  const rows = new Map(taken.flatMap((scene) => (scene.kind === 'patch' ? [[scene.name, scene.row] as const] : [])));
  return held.targets.map((target, t) => {
    const pairs = received.flatMap(({ source, estimate }) => {
      const row = rows.get(source);
      return row === undefined || !estimate
        ? []
        : [{ truth: held.truth[row * held.targets.length + t], got: estimate[t] }];
    });
    const mean = pairs.reduce((sum, { truth }) => sum + truth, 0) / pairs.length;
    const residual = pairs.reduce((sum, { truth, got }) => sum + (got - truth) ** 2, 0);
    const spread = pairs.reduce((sum, { truth }) => sum + (truth - mean) ** 2, 0);
    return { target, samples: pairs.length, rmse: Math.sqrt(residual / pairs.length), r2: 1 - residual / spread };
  });
}
