/** Figures and report sections of what pruning was asked for besides features. */
import { join } from 'node:path';
import { type Markup, writeFileAtomic } from '../base/index.ts';
import { bandMapFigure } from './band-map.ts';
import { bandSection, formulaSection, rankingSection } from './band-report.ts';
import type { PruneOutcome } from './outcomes.ts';
import type { Candidate } from './pareto.ts';
import { paretoFigure } from './pareto-figure.ts';
import { rankingsFigure } from './rankings-figure.ts';

/** Writes the figures beside the model and gives the sections that show them. */
export async function writePruneSections(
  out: string,
  { full, bandCurve, front, knee, rankings, formula }: PruneOutcome,
  candidates: readonly Candidate[],
  wavelengthsNm: ArrayLike<number>,
  formulaFeatures: number,
): Promise<Markup[]> {
  const sections: Markup[] = [];
  if (bandCurve && front && knee) {
    const figures = {
      pareto: await paretoFigure(bandCurve, candidates, front, knee),
      map: bandMapFigure(bandCurve, wavelengthsNm),
    };
    await writeFileAtomic(join(out, 'pareto.svg'), figures.pareto);
    await writeFileAtomic(join(out, 'bands.svg'), figures.map);
    sections.push(bandSection({ points: bandCurve, front, knee, withoutEachFold: knee.withoutEachFold, figures }));
  }
  if (rankings) {
    const figure = await rankingsFigure(rankings, full.score);
    await writeFileAtomic(join(out, 'rankings.svg'), figure);
    sections.push(rankingSection(rankings, figure));
  }
  if (formula) sections.push(formulaSection(formula, formulaFeatures));
  return sections;
}
