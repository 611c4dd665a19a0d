/** How a training went, as charts of the report: the loss at each level and the dead latents, by epoch. */
import { z } from 'zod';
import { drawChart } from '../base/index.ts';

const epochsSchema = z.object({
  epochs: z
    .array(z.object({ byLevel: z.array(z.number()), dead: z.number(), resampled: z.number().optional() }))
    .min(1),
});

export interface TrainingCurve {
  /** SVG. */
  readonly loss: string;
  /** SVG. */
  readonly dead: string;
  readonly epochs: number;
  /** Latents begun anew in all, where resampling was on. */
  readonly resampled: number | undefined;
}

/** Draws the epochs that a model's figures tell of; undefined where they tell of none. `levels` names those of the loss. */
export async function drawTrainingCurve(
  figures: Readonly<Record<string, unknown>>,
  levels: readonly number[],
): Promise<TrainingCurve | undefined> {
  const { success, data } = epochsSchema.safeParse(figures);
  if (!success) return undefined;
  const { epochs } = data;
  const count = epochs[0].byLevel.length;
  const nameOf = (level: number) => (count === levels.length ? `k = ${levels[level]}` : `level ${level + 1}`);
  const losses = epochs.flatMap(({ byLevel }, epoch) =>
    byLevel.map((value, level) => ({ epoch: epoch + 1, level: nameOf(level), value })),
  );
  const names = epochs[0].byLevel.map((_, level) => nameOf(level));
  const dead = epochs.map((epoch, i) => ({ epoch: i + 1, value: epoch.dead }));
  const resampled = epochs.flatMap((epoch) => epoch.resampled ?? []);
  const shared = { width: 300, height: 200, background: 'white', mark: { type: 'line', point: true } } as const;
  const x = {
    field: 'epoch',
    type: 'quantitative',
    axis: { tickMinStep: 1, format: 'd' },
    scale: { nice: false },
  } as const;
  return {
    loss: await drawChart({
      ...shared,
      data: { values: losses },
      encoding: {
        x,
        y: { field: 'value', type: 'quantitative', title: 'loss', scale: { zero: false } },
        color: {
          ...{ field: 'level', type: 'ordinal', title: null, sort: names },
          scale: { scheme: 'viridis' },
        },
      },
    }),
    dead: await drawChart({
      ...shared,
      data: { values: dead },
      encoding: { x, y: { field: 'value', type: 'quantitative', title: 'latents that no row used' } },
    }),
    epochs: epochs.length,
    resampled: resampled.length > 0 ? resampled.reduce((sum, count) => sum + count, 0) : undefined,
  };
}
