/** Check 16: whether a spectrum that is unlike the training's is noticed. */
import { type Domain, domainDistance, fitDomain } from '../../spectra/index.ts';
import { strongest } from '../strongest.ts';
import type { AuditCase } from './audit-case.ts';
import { type Check, percent } from './check.ts';
import { asRadiance } from './faults.ts';
import { barFigure, short } from './figures.ts';
import { skipped, verdict } from './findings.ts';
import { allRows, bandsOfModel, linesOf, spectraOf } from './judging.ts';
import { auroc } from './statistics.ts';

/** Share of radiance that has to be flagged, share of the data that may be. */
const MUST_FLAG = 0.95;
const MAY_FLAG = 0.05;
const MOST_SITES = 8;
/** A domain is fitted to at least this many spectra. */
const FEWEST = 20;

export const outOfDistribution: Check = {
  id: 16,
  name: 'out-of-distribution',
  title: 'Out of distribution',
  how: "T² and Q of the bands that the model reads, by the model's own limits where model.json has them: share of radiance spectra flagged, share of the data flagged, AUROC of sites held out",
  run(audit) {
    const own = audit.soil.model.domain;
    const domain = own ?? fitted(audit, allRows(audit));
    if (domain === null) return skipped('fewer than 20 positive spectra: too few to say what they are like');
    const distance = domainDistance(domain, audit.spectra, audit.bands);
    const radiance = asRadiance(
      { values: audit.spectra, wavelengthsNm: audit.wavelengthsNm },
      audit.random('radiance'),
    );
    const radianceDistance = domainDistance(domain, radiance, audit.bands);
    const flagged = share(distance);
    const flaggedRadiance = share(radianceDistance);
    const sites = heldSites(audit);
    const severity =
      flaggedRadiance < MUST_FLAG ? 'major' : flagged > MAY_FLAG ? 'minor' : own === undefined ? 'minor' : 'passed';
    return verdict({
      severity,
      value: flaggedRadiance,
      passLine: `at least ${percent(MUST_FLAG, 0)} of radiance spectra and at most ${percent(MAY_FLAG, 0)} of the data flagged, by limits that fly with the model`,
      evidence: `${percent(flaggedRadiance, 0)} of the spectra given as radiance and ${percent(flagged)} of the data are flagged${own === undefined ? ', by limits made here: model.json has none' : ''}${
        sites.length > 0
          ? `; AUROC of held-out ${audit.groups?.column}: ${sites.map(({ name, area }) => `${short(area)} (${name})`).join(', ')}`
          : '; no column of sites to hold out'
      }`,
      suggestion:
        severity === 'passed'
          ? ''
          : own === undefined
            ? 'Train the model again with this version, so that its domain flies with it.'
            : 'Collect spectra like the flagged ones, or do not estimate them.',
      rows: linesOf(
        audit,
        [...strongest(distance, 10)].filter((row) => distance[row] > 1),
      ),
      figure: barFigure('Share that is flagged', [
        { label: 'as radiance', value: flaggedRadiance },
        { label: 'the data', value: flagged },
        ...sites.map(({ name, flagged: shareOf }) => ({
          label: `${audit.groups?.column} ${name}, held out`,
          value: shareOf,
        })),
      ]),
      table:
        sites.length > 0
          ? {
              columns: ['held out', 'n', 'AUROC', 'flagged, %'],
              rows: sites.map(({ name, n, area, flagged: shareOf }) => [name, n, area, 100 * shareOf]),
            }
          : null,
    });
  },
};

function fitted(audit: AuditCase, rows: Uint32Array): Domain | null {
  return fitDomain(spectraOf(audit, rows), audit.bands, { bands: bandsOfModel(audit), seed: audit.options.seed });
}

function share(distance: Float64Array): number {
  return distance.filter((value) => value > 1).length / distance.length;
}

interface Site {
  readonly name: string;
  readonly n: number;
  readonly area: number;
  readonly flagged: number;
}

/** Each of the first sites against rows of the others that its domain was not fitted to either. */
function heldSites(audit: AuditCase): Site[] {
  const { groups } = audit;
  if (groups === null) return [];
  const order = audit.random('sites').permutation(audit.n);
  return groups.names.slice(0, MOST_SITES).flatMap((name, group) => {
    const held = order.filter((row) => groups.of[row] === group);
    const others = order.filter((row) => groups.of[row] !== group);
    const kept = others.subarray(0, Math.ceil(others.length / 5));
    const training = others.subarray(kept.length);
    if (training.length < FEWEST || held.length === 0) return [];
    const domain = fitted(audit, training);
    if (domain === null) return [];
    const away = domainDistance(domain, spectraOf(audit, held), audit.bands);
    const at = domainDistance(domain, spectraOf(audit, kept), audit.bands);
    return [{ name, n: held.length, area: auroc(away, at), flagged: share(away) }];
  });
}
