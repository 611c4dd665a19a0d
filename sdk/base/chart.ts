/** Ordinary charts as SVG text, drawn by vega-lite without a browser. */
import type { TopLevelSpec } from 'vega-lite';

/** Renders a vega-lite specification to SVG. Loads vega only when a chart is drawn: what flies draws none. */
export async function drawChart(spec: TopLevelSpec): Promise<string> {
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const view = new vega.View(vega.parse(compile(spec).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
