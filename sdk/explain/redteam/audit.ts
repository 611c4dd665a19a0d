/** `nadir spectra redteam`: runs the checks on a soil model and the data, grades what it finds, writes the report and its JSON twin. */
import { join } from 'node:path';
import { canonicalJson, NadirError, type Progress, VERSION, writeFileAtomic } from '../../base/index.ts';
import type { AuditCase, AuditOptions } from './audit-case.ts';
import { openCase } from './case.ts';
import type { Check } from './check.ts';
import { CHECKS } from './checks.ts';
import { countSeverities, type Finding, type Severity, skipped, type Verdict } from './findings.ts';
import { redteamReport } from './report.ts';

export interface RedteamOptions extends AuditOptions {
  /** Checks by name or number; all where absent. */
  readonly only?: readonly string[];
  readonly out: string;
}

export interface RedteamOutcome {
  readonly findings: readonly Finding[];
  /** Path of the report. */
  readonly report: string;
  /** Path of the findings as JSON. */
  readonly twin: string;
  readonly counts: Readonly<Record<Severity, number>>;
  /** Score of the estimates on rows that the judge had not seen: 1 is no better than the mean. */
  readonly score: number;
  /** How the samples were split. */
  readonly split: string;
  readonly rows: number;
}

/** Audits the model in a folder. Errors are of the model and the data; what a single check cannot do is a finding of its own. */
export async function redteamSoilModel(options: RedteamOptions, progress: Progress): Promise<RedteamOutcome> {
  const checks = chosen(options.only);
  const audit = await openCase(options, progress);
  const findings: Finding[] = [];
  for (const [done, check] of checks.entries()) {
    const started = performance.now();
    const { id, name, title, how } = check;
    const graded = await runCheck(check, audit);
    const seconds = (performance.now() - started) / 1000;
    const passes = graded.severity === 'skipped' ? null : graded.severity === 'passed';
    findings.push({ id, check: name, title, how, ...finite(graded), passes, seconds });
    progress.log(`${done + 1} of ${checks.length} ${name}: ${graded.severity}, ${seconds.toFixed(1)} s`);
  }
  const report = join(options.out, 'report.html');
  const twin = join(options.out, 'findings.json');
  const counts = countSeverities(findings);
  for (const { check, figure } of findings)
    if (figure !== null) await writeFileAtomic(join(options.out, `${check}.svg`), figure);
  // figures and times stay out of the twin: the same model, data and seed give the same bytes
  const told = findings.map(({ figure, seconds: _, ...finding }) => ({
    ...finding,
    figure: figure && `${finding.check}.svg`,
  }));
  await writeFileAtomic(
    twin,
    canonicalJson({
      version: VERSION,
      seed: options.seed,
      model: { data: audit.soil.model.data, model: audit.soil.model.model, targets: audit.targets },
      data: { name: audit.table.name, sha256: audit.table.sha256, rows: audit.n },
      split: audit.basis,
      score: audit.score,
      counts,
      findings: told,
    }),
  );
  await writeFileAtomic(report, redteamReport(audit, findings));
  return {
    findings: findings.map((finding) => ({
      ...finding,
      figure: finding.figure && join(options.out, `${finding.check}.svg`),
    })),
    report,
    twin,
    counts,
    score: audit.score,
    split: audit.basis,
    rows: audit.n,
  };
}

/** A check that the data do not allow is skipped with the reason; anything but a user's error is a defect of ours and ends the audit. */
async function runCheck(check: Check, audit: AuditCase): Promise<Verdict> {
  try {
    return await check.run(audit);
  } catch (thrown) {
    if (thrown instanceof NadirError) return skipped(thrown.message);
    throw thrown;
  }
}

/** JSON holds no NaN and no infinity. */
function finite(graded: Verdict): Verdict {
  const number = (value: string | number | null) =>
    typeof value === 'number' && !Number.isFinite(value) ? null : value;
  const { table } = graded;
  return {
    ...graded,
    value: graded.value !== null && Number.isFinite(graded.value) ? graded.value : null,
    table: table && { columns: table.columns, rows: table.rows.map((row) => row.map(number)) },
  };
}

function chosen(only: readonly string[] | undefined): readonly Check[] {
  if (only === undefined) return CHECKS;
  const unknown = only.find((asked) => !CHECKS.some(({ name, id }) => name === asked || String(id) === asked));
  if (unknown !== undefined)
    throw new NadirError({
      what: `there is no check "${unknown}"`,
      where: '--only',
      remedy: `Choose among ${CHECKS.map(({ name }) => name).join(', ')}, or give its number`,
      exitCode: 2,
    });
  return CHECKS.filter(({ name, id }) => only.includes(name) || only.includes(String(id)));
}
