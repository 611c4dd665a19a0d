/** What a red-team check gives back: a number, a pass line, what shows it, and what to do. Graded as Giskard grades its findings. */

/** Worst first; `skipped` is no grade, it says that the check could not run. */
export const SEVERITIES = ['major', 'medium', 'minor', 'passed', 'skipped'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Grades that `--fail-on` takes. */
export const FAILING: readonly Severity[] = ['major', 'medium', 'minor'];

/** A small table of a finding, for the report and the JSON twin. */
export interface FindingTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** What a check says of the model; the audit adds which check it was. */
export interface Verdict {
  readonly severity: Severity;
  /** The check's number; null where it could not run. */
  readonly value: number | null;
  /** What the value has to be. */
  readonly passLine: string;
  /** One or two sentences with the figures behind the grade. */
  readonly evidence: string;
  /** What to do about it; empty where nothing needs doing. */
  readonly suggestion: string;
  /** Lines of the table that show it, worst first; the header is line 1. */
  readonly rows: readonly number[];
  /** SVG text. */
  readonly figure: string | null;
  readonly table: FindingTable | null;
}

export interface Finding extends Verdict {
  /** Number of the check, 1 … 18. */
  readonly id: number;
  /** Name of the check, as `--only` takes it. */
  readonly check: string;
  readonly title: string;
  /** How it was measured. */
  readonly how: string;
  /** null where the check was skipped. */
  readonly passes: boolean | null;
  readonly seconds: number;
}

/** A verdict, with what most checks leave out. */
export function verdict(
  parts: Pick<Verdict, 'severity' | 'value' | 'passLine' | 'evidence'> & Partial<Verdict>,
): Verdict {
  return { suggestion: '', rows: [], figure: null, table: null, ...parts };
}

/** The verdict of a check that cannot run here. */
export function skipped(reason: string, suggestion = ''): Verdict {
  return verdict({ severity: 'skipped', value: null, passLine: '–', evidence: reason, suggestion });
}

/** Grade of a value that should be small: the first limit that it passes, from the worst. */
export function gradeAbove(
  value: number,
  limits: { readonly major?: number; readonly medium?: number; readonly minor?: number },
): Severity {
  if (Number.isNaN(value)) return 'major';
  if (limits.major !== undefined && value > limits.major) return 'major';
  if (limits.medium !== undefined && value > limits.medium) return 'medium';
  return limits.minor !== undefined && value > limits.minor ? 'minor' : 'passed';
}

/** The worse of two grades. */
export function worse(a: Severity, b: Severity): Severity {
  return SEVERITIES.indexOf(a) <= SEVERITIES.indexOf(b) ? a : b;
}

/** Whether a finding is of this grade or worse. */
export function isAtLeast(finding: Pick<Finding, 'severity'>, grade: Severity): boolean {
  return SEVERITIES.indexOf(finding.severity) <= SEVERITIES.indexOf(grade);
}

/** How many findings there are of each grade. */
export function countSeverities(findings: readonly Pick<Finding, 'severity'>[]): Record<Severity, number> {
  const counts = { major: 0, medium: 0, minor: 0, passed: 0, skipped: 0 };
  for (const { severity } of findings) counts[severity]++;
  return counts;
}
