/** The loss-against-features curve. */
import { drawChart } from '../base/index.ts';
import type { CurvePoint } from './outcomes.ts';

export const INK = '#2b2a26';
export const SOFT = '#7d776b';
export const ACCENT = '#a3452c';

/** How charts of a pruning report look. */
export const CHART_LOOK = {
  font: "Georgia, 'Times New Roman', 'DejaVu Serif', serif",
  title: {
    color: INK,
    subtitleColor: SOFT,
    fontSize: 18,
    fontWeight: 'normal',
    subtitleFontSize: 12.5,
    offset: 14,
  },
  axis: {
    labelColor: INK,
    titleColor: SOFT,
    titleFontWeight: 'normal',
    titleFontStyle: 'italic',
    gridColor: '#e4dfd3',
    domainColor: INK,
    tickColor: SOFT,
    labelFontSize: 12,
    titleFontSize: 12.5,
  },
  view: { stroke: null },
} as const;

/** Loss in percent at each count of kept features, with one standard deviation over the folds; the logarithmic axis is the count. */
export async function lossCurveFigure(
  curve: readonly CurvePoint[],
  full: { readonly score: number; readonly features: number },
): Promise<string> {
  const values = curve.map((point) => ({
    keep: point.keep,
    loss: point.lossPercent,
    low: point.lossPercent - point.lossSdPercent,
    high: point.lossPercent + point.lossSdPercent,
    label: `${signedPercent(point.lossPercent)} · ${point.bandsRead} bands`,
  }));
  const counts = curve.map((point) => point.keep);
  const x = {
    field: 'keep',
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain: [Math.min(...counts) / 1.5, Math.max(...counts) * 1.9] },
    axis: { title: 'features kept', values: counts, grid: false, format: 'd' },
  };
  const rules = [
    { at: 0, words: `all ${full.features} features: score ${full.score.toFixed(3)}` },
    { at: 5, words: 'accepted loss' },
  ];
  return drawChart({
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width: 640,
    height: 260,
    padding: 18,
    background: '#fdfbf6',
    title: {
      text: 'What fewer features cost',
      subtitle: [
        'relative increase of the challenge score with the same folds and seed;',
        'bars are one standard deviation over the folds',
      ],
      anchor: 'start',
    },
    layer: [
      {
        data: { values: rules },
        layer: [
          {
            mark: { type: 'rule', color: SOFT, strokeDash: [1, 4] },
            encoding: { y: { field: 'at', type: 'quantitative' } },
          },
          {
            mark: { type: 'text', align: 'left', color: SOFT, fontStyle: 'italic', fontSize: 11.5 },
            encoding: {
              x: { value: 648 },
              y: { field: 'at', type: 'quantitative' },
              text: { field: 'words' },
            },
          },
        ],
      },
      {
        data: { values },
        layer: [
          {
            mark: { type: 'rule', color: ACCENT, opacity: 0.45, strokeWidth: 2 },
            encoding: {
              x,
              y: { field: 'low', type: 'quantitative', axis: { title: 'loss, %' } },
              y2: { field: 'high' },
            },
          },
          {
            mark: { type: 'line', color: ACCENT, strokeWidth: 1.5, point: { color: ACCENT, size: 60 } },
            encoding: { x, y: { field: 'loss', type: 'quantitative' } },
          },
          {
            mark: { type: 'text', align: 'left', dx: 9, dy: -9, color: INK, fontSize: 11.5 },
            encoding: { x, y: { field: 'loss', type: 'quantitative' }, text: { field: 'label' } },
          },
        ],
      },
    ],
    config: CHART_LOOK,
  });
}

function signedPercent(loss: number): string {
  const size = `${Math.abs(loss).toFixed(1)} %`;
  if (size === '0.0 %') return size;
  return `${loss > 0 ? '+' : '−'}${size}`;
}
