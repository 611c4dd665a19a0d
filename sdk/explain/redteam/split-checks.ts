/** Check 8: what random folds hide, namely whole fields on both sides and samples that are in the data twice. */
import { type Folds, mean } from '../../spectra/index.ts';
import type { AuditCase } from './audit-case.ts';
import { type Check, noRefit, percent } from './check.ts';
import { nearDuplicates } from './duplicates.ts';
import { barFigure, short } from './figures.ts';
import { gradeAbove, skipped, verdict, worse } from './findings.ts';
import { allRows, assemble, crossJobs, foldScore, linesOf, ownColumns } from './judging.ts';

/** Above this many groups they are held out several at a time. */
const MOST_FOLDS = 10;

/** Share of the model's gain over the mean that is lost. */
function gainLost(before: number, after: number): number {
  return (after - before) / Math.max(1 - before, 1e-9);
}

export const groupedValidation: Check = {
  id: 8,
  name: 'grouped-validation',
  title: 'Grouped validation',
  how: 'the model fitted again with whole groups (fields, sites, flights) held out, beside the same with random folds',
  async run(audit) {
    const { groups } = audit;
    if (groups === null)
      return skipped(
        'no column says which samples belong together',
        'Name the column of the field, site or flight with --group: random folds flatter.',
      );
    if (!audit.canRefit) return skipped(noRefit(audit));
    const folds = groupFolds(audit, groups.of, groups.names);
    const random = { names: folds.names, of: randomLike(audit, folds) };
    const [grouped, mixed] = await Promise.all([
      foldsScore(audit, folds, 'grouped'),
      foldsScore(audit, random, 'random beside grouped'),
    ]);
    const gap = grouped - mixed;
    const lost = gainLost(mixed, grouped);
    const severity = mixed >= 1 ? 'minor' : gradeAbove(lost, { major: 0.5, medium: 0.25, minor: 0.1 });
    const worstOf = folds.names.map((name, fold) => ({
      name,
      rows: [...allRows(audit)].filter((row) => folds.of[row] === fold),
    }));
    return verdict({
      severity,
      value: gap,
      passLine: 'holding out whole groups costs at most 10 % of the gain over the mean predictor',
      evidence: `score ${short(grouped)} with whole values of ${groups.column} held out, ${short(mixed)} with random folds of the same sizes: gap ${short(gap)}, ${lost > 1 ? 'more than all' : percent(lost, 0)} of the gain${grouped >= 1 ? '; on a new group it is no better than the mean' : ''}`,
      suggestion:
        severity === 'passed'
          ? ''
          : `Report the grouped score, choose features with --group ${groups.column}, and collect more groups rather than more samples of each.`,
      figure: barFigure(
        'Score by how the samples were split',
        [
          { label: `whole ${groups.column}`, value: grouped },
          { label: 'random, same sizes', value: mixed },
        ],
        { at: 1, words: 'mean predictor' },
      ),
      table: { columns: ['held out', 'rows'], rows: worstOf.map(({ name, rows }) => [name, rows.length]) },
    });
  },
};

/** Each group by itself, or the smallest first into the emptiest of ten folds. */
function groupFolds(audit: AuditCase, of: ArrayLike<number>, names: readonly string[]): Pick<Folds, 'names' | 'of'> {
  if (names.length <= MOST_FOLDS) return { names, of: Uint16Array.from(of) };
  const sizes = names.map((_, group) => ({ group, size: 0 }));
  for (let row = 0; row < audit.n; row++) sizes[of[row]].size++;
  const filled = new Array<number>(MOST_FOLDS).fill(0);
  const foldOf = new Map<number, number>();
  for (const { group, size } of sizes.sort((a, b) => b.size - a.size || a.group - b.group)) {
    const fold = filled.indexOf(Math.min(...filled));
    foldOf.set(group, fold);
    filled[fold] += size;
  }
  return {
    names: filled.map((_, fold) => String(fold + 1)),
    of: Uint16Array.from({ length: audit.n }, (_, row) => foldOf.get(of[row]) ?? 0),
  };
}

/** Folds of the same sizes, rows at random. */
function randomLike(audit: AuditCase, folds: Pick<Folds, 'of'>): Uint16Array {
  return audit.random('random beside grouped').shuffle(Uint16Array.from(folds.of));
}

async function foldsScore(audit: AuditCase, folds: Pick<Folds, 'names' | 'of'>, use: string): Promise<number> {
  const jobs = crossJobs(audit, folds, ownColumns(audit.features), use);
  return foldScore(audit, assemble(audit, jobs, await audit.refits(jobs)), folds);
}

/** Below this score a soil model is too good to be true. */
const TOO_GOOD = 0.02;

export const leaks: Check = {
  id: 8,
  name: 'leaks',
  title: 'Leaks: samples that are there twice',
  how: 'nearest neighbours among the spectra (standard normal variate, principal components) that are far closer than neighbours are, or close with the very same laboratory values; then the score with such samples held out together',
  async run(audit) {
    const found = nearDuplicates(audit);
    const pairs = found.pairs;
    const judged = audit.judged;
    const perfect = audit.score < TOO_GOOD && audit.judges.length > 1;
    const crossing = pairs.filter(({ a, b }) => audit.folds.of[a] !== audit.folds.of[b]);
    const share = new Set(pairs.flatMap(({ a, b }) => [a, b])).size / audit.n;
    let together = Number.NaN;
    let apart = Number.NaN;
    if (pairs.length > 0 && audit.canRefit) {
      const clusters = clustersOf(audit.n, pairs);
      const folds = clusterFolds(audit, clusters);
      together = await foldsScore(audit, folds, 'duplicates together');
      apart = await foldsScore(audit, { names: folds.names, of: randomLike(audit, folds) }, 'duplicates apart');
    }
    const lost = Number.isNaN(together) ? 0 : gainLost(apart, together);
    const byShare = pairs.length < 2 ? 'passed' : gradeAbove(share, { major: 0.1, medium: 0.02, minor: 0 });
    const severity = perfect
      ? 'major'
      : pairs.length < 2
        ? 'passed'
        : worse(byShare, gradeAbove(lost, { major: 0.25, medium: 0.1 }));
    const told =
      pairs.length === 0
        ? `no near-duplicates: the closest pair is ${short(found.closest)} of the median distance of neighbours`
        : `${pairs.length} pairs of near-duplicates (${percent(share)} of the rows), ${crossing.length} of them on both sides of the folds${Number.isNaN(together) ? '' : `; kept together the score is ${short(together)}, apart ${short(apart)}`}`;
    return verdict({
      severity,
      value: pairs.length,
      passLine: `at most one pair of near-duplicates, and no score below ${TOO_GOOD}`,
      evidence: `${told}${perfect ? `; the score of ${short(audit.score)} is too good for soil: the target is in the spectra` : ''}`,
      suggestion:
        severity === 'passed'
          ? ''
          : perfect
            ? 'Look for a column that was computed from the laboratory values among the spectral ones.'
            : 'Give replicates a common sample id and hold them out together (--group), or average them before training.',
      rows:
        severity === 'passed'
          ? []
          : linesOf(
              audit,
              pairs.slice(0, 10).flatMap(({ a, b }) => [a, b]),
            ),
      figure:
        pairs.length > 0 && !Number.isNaN(together)
          ? barFigure('Score by where near-duplicates are', [
              { label: 'kept together', value: together },
              { label: 'on both sides', value: apart },
            ])
          : null,
      table:
        pairs.length > 0
          ? {
              columns: ['row', 'row', 'distance ÷ median of neighbours', 'same laboratory values'],
              rows: pairs
                .slice(0, 20)
                .map(({ a, b, distance, same }) => [...linesOf(audit, [a, b]), distance, same ? 'yes' : 'no']),
            }
          : {
              columns: ['rows judged', 'median distance of neighbours'],
              rows: [[judged.length, mean([found.median])]],
            },
    });
  },
};

/** Number of the cluster of each row: rows joined by pairs. */
function clustersOf(n: number, pairs: readonly { readonly a: number; readonly b: number }[]): Uint32Array {
  const parent = Uint32Array.from({ length: n }, (_, row) => row);
  const root = (row: number): number => {
    let at = row;
    while (parent[at] !== at) at = parent[at];
    return at;
  };
  for (const { a, b } of pairs) parent[root(a)] = root(b);
  return parent.map((_, row) => root(row));
}

/** Whole clusters into as many folds as the audit has, in seeded order. */
function clusterFolds(audit: AuditCase, clusters: Uint32Array): Pick<Folds, 'names' | 'of'> {
  const names =
    audit.folds.names.length > 1 && audit.folds.names.length <= MOST_FOLDS
      ? audit.folds.names
      : ['1', '2', '3', '4', '5'];
  const roots = audit.random('clusters').shuffle([...new Set(clusters)]);
  const foldOf = new Map(roots.map((root, i) => [root, i % names.length]));
  return { names, of: Uint16Array.from(clusters, (root) => foldOf.get(root) ?? 0) };
}
