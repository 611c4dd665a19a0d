/** Scores of the rankings at each count of features, side by side. */
import { drawChart } from '../base/index.ts';
import { ACCENT, CHART_LOOK, SOFT } from './curve.ts';
import type { RankingOutcome } from './rankings.ts';
import { RANKINGS } from './rankings-fits.ts';

export function rankingsFigure(rankings: readonly RankingOutcome[], fullScore: number): Promise<string> {
  const values = rankings.flatMap(({ name, points }) =>
    points.map(({ keep, score, sd }) => ({ keep, score, low: score - sd, high: score + sd, ranking: name })),
  );
  const counts = [...new Set(values.map(({ keep }) => keep))];
  const x = {
    field: 'keep',
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain: [Math.min(...counts) / 1.3, Math.max(...counts) * 1.3] },
    axis: { title: 'features kept', values: counts, grid: false, format: 'd' },
  };
  const colour = {
    field: 'ranking',
    type: 'nominal' as const,
    scale: { domain: [...RANKINGS], range: [ACCENT, '#d39a2d', '#34586e', '#b9a58a', '#6d7f4f'] },
    legend: { title: null, labelFontSize: 12, symbolOpacity: 1 },
  };
  return drawChart({
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width: 640,
    height: 300,
    padding: 18,
    background: '#fdfbf6',
    title: {
      text: 'What the features are ranked by',
      subtitle: [
        'challenge score of the refitted forest, lower is better; bars are one standard deviation over the folds',
      ],
      anchor: 'start',
    },
    layer: [
      {
        data: { values: [{ score: fullScore }] },
        mark: { type: 'rule', color: SOFT, strokeDash: [1, 4] },
        encoding: { y: { field: 'score', type: 'quantitative' } },
      },
      {
        data: { values },
        mark: { type: 'rule', opacity: 0.25, strokeWidth: 2 },
        encoding: { x, y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' }, color: colour },
      },
      {
        data: { values },
        mark: { type: 'line', point: { size: 50 }, strokeWidth: 1.5 },
        encoding: {
          x,
          y: { field: 'score', type: 'quantitative', scale: { zero: false }, axis: { title: 'challenge score' } },
          color: colour,
        },
      },
    ],
    config: CHART_LOOK,
  });
}
