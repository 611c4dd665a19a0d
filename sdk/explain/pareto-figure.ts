/** The Pareto plot: loss against bands read; the size of a mark is the arithmetic of an estimate. */
import { drawChart } from '../base/index.ts';
import type { BandPoint } from './bands.ts';
import { ACCENT, CHART_LOOK, INK, SOFT } from './curve.ts';
import type { Candidate } from './pareto.ts';

const COLOURS = ['bands searched', 'greedy ranking', 'equal steps', 'features pruned by SHAP', 'all features'];

export function paretoFigure(
  points: readonly BandPoint[],
  candidates: readonly Candidate[],
  front: readonly Candidate[],
  knee: Candidate,
): Promise<string> {
  const family = { bands: COLOURS[0], features: COLOURS[3], all: COLOURS[4] } as const;
  const own = candidates.map((candidate) => ({
    bands: candidate.cost.bands,
    loss: candidate.lossPercent,
    operations: candidate.cost.operations,
    by: family[candidate.kind],
    words: `${candidate.cost.bands} bands, ${candidate.cost.features} features, ${Math.round(candidate.cost.operations)} operations`,
  }));
  const others = points.flatMap(({ bands, cost, others: { greedy, equal } }) => [
    { bands, loss: greedy.lossPercent, operations: cost.operations, by: COLOURS[1], words: 'greedy ranking' },
    { bands, loss: equal.lossPercent, operations: cost.operations, by: COLOURS[2], words: 'equal steps' },
  ]);
  const counts = [...new Set(own.map(({ bands }) => bands))].sort((a, b) => a - b);
  const x = {
    field: 'bands',
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain: [counts[0] / 1.3, counts[counts.length - 1] * 1.4] },
    axis: { title: 'bands that the instrument reads', grid: false, values: counts, labelOverlap: true, format: 'd' },
  };
  const y = { field: 'loss', type: 'quantitative' as const, axis: { title: 'loss against all features, %' } };
  const colour = {
    field: 'by',
    type: 'nominal' as const,
    scale: { domain: COLOURS, range: [ACCENT, '#b9a58a', '#6d7f4f', '#34586e', INK] },
    legend: { title: null, labelFontSize: 12, labelLimit: 240, symbolOpacity: 1 },
  };
  return drawChart({
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width: 640,
    height: 320,
    padding: 18,
    background: '#fdfbf6',
    title: {
      text: 'Score, bands and arithmetic',
      subtitle: [
        'the line joins what no other choice beats in score, bands and operations at once; the ring is the knee;',
        'a mark’s area is the operations of one estimate (for greedy and equal bands, as searched)',
      ],
      anchor: 'start',
    },
    layer: [
      {
        data: { values: front.map(({ cost, lossPercent }) => ({ bands: cost.bands, loss: lossPercent })) },
        mark: { type: 'line', color: SOFT, strokeDash: [2, 3] },
        encoding: { x, y, order: { field: 'bands' } },
      },
      {
        data: { values: [...others, ...own] },
        mark: { type: 'point', filled: true, opacity: 0.85 },
        encoding: {
          x,
          y,
          color: colour,
          size: {
            field: 'operations',
            type: 'quantitative',
            scale: { range: [40, 420] },
            legend: { title: 'operations', labelFontSize: 12, titleFontWeight: 'normal' },
          },
          description: { field: 'words' },
        },
      },
      {
        data: { values: [{ bands: knee.cost.bands, loss: knee.lossPercent }] },
        mark: { type: 'point', size: 700, color: INK, strokeWidth: 1.2, filled: false },
        encoding: { x, y },
      },
    ],
    config: CHART_LOOK,
  });
}
