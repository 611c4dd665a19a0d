/** From files to an audit: reads model, embeddings and attributes, trains or reads the classifier, writes audit.json and audit.html. */
import { join } from 'node:path';
import { canonicalJson, NadirError, type Progress, VERSION, writeFileAtomic } from '../../base/index.ts';
import type { SaeWeights } from '../../sae/index.ts';
import type { ImageSet } from '../images.ts';
import { readConcepts } from '../reader.ts';
import { readAttributes } from './attributes.ts';
import { auditClassifier } from './audit.ts';
import { type Classifier, readClassifier, trainClassifier } from './classifier.ts';
import type { AuditDocument } from './document.ts';
import { type LabelledRows, readAudited, readSplitRows } from './labelled-rows.ts';
import { auditReport } from './report.ts';

export const AUDIT_DEFAULTS = { level: 0.05, k: 64, factors: [0, 0.5, 1, 2, 4] } as const;

export interface AuditStep {
  /** Concept model folder. */
  readonly model: string;
  /** Embeddings with files.txt beside them; with a classifier all are audited. */
  readonly data: string;
  /** Embeddings to audit; without it two fifths of the data's images. */
  readonly holdout?: string | undefined;
  /** A classifier's weights and its classes' names; without it a probe is trained on the data. */
  readonly classifier?: { readonly weights: string; readonly names: string } | undefined;
  /** CSV of attributes that must not count. */
  readonly attributes?: string | undefined;
  /** Images behind the embeddings, for the report. */
  readonly images?: ImageSet | undefined;
  readonly out: string;
  readonly level?: number | undefined;
  readonly k?: number | undefined;
  readonly factors?: readonly number[] | undefined;
  readonly seed: number;
  readonly threads: number;
  readonly progress?: Progress | undefined;
}

export interface ConceptAudit extends AuditDocument {
  /** Paths of the report and of its twin. */
  readonly report: string;
  readonly document: string;
}

/** Audits a classifier over the embeddings of a concept model. */
export async function auditConcepts(step: AuditStep): Promise<ConceptAudit> {
  const { level, k, factors } = settled(step);
  const { sae, names } = await readConcepts(step.model);
  const { classifier, audited, trainedOn } = await decisionOf(step, sae);
  const attributes = step.attributes === undefined ? [] : await readAttributes(step.attributes, audited.files);
  step.progress?.log(`auditing ${audited.files.length} rows, ${attributes.length} attributes`);
  const { findings, accuracy, ...rest } = await auditClassifier(
    { sae, classifier, embeddings: audited.embeddings, truth: audited.truth, attributes },
    { level, k: Math.min(k, sae.n), factors, seed: step.seed, threads: step.threads },
  );
  const named = findings.map(({ strongestRows, changedRows, ...finding }) => ({
    ...finding,
    name: names[finding.latent]?.valid ? (names[finding.latent]?.name ?? '') : `latent ${finding.latent}`,
    strongest: strongestRows.map((row) => audited.files[row]),
    changed: changedRows.map(({ row, ...change }) => ({ file: audited.files[row], ...change })),
  }));
  const probe = { accuracy, classes: classifier.names, trainedOn };
  const document: AuditDocument = { ...rest, findings: named, level, probe };
  const [report, twin] = [join(step.out, 'audit.html'), join(step.out, 'audit.json')];
  const about = { model: step.model, data: step.holdout ?? step.data, seed: step.seed };
  const page = await auditReport(document, about, step.images);
  await writeFileAtomic(twin, canonicalJson({ version: VERSION, ...about, k, factors, ...document }));
  await writeFileAtomic(report, page);
  return { ...document, report, document: twin };
}

function settled({ level = AUDIT_DEFAULTS.level, k = AUDIT_DEFAULTS.k, factors = AUDIT_DEFAULTS.factors }: AuditStep) {
  const fail = (what: string, where: string, remedy: string) => new NadirError({ what, where, remedy, exitCode: 2 });
  if (!(level > 0 && level < 1)) throw fail(`a level of ${level}`, '--level', 'Give a number between 0 and 1');
  if (factors.some((factor) => !(factor >= 0 && factor <= 100)))
    throw fail(`factors ${factors.join(',')}`, '--factors', 'Give numbers from 0 to 100');
  return { level, k, factors };
}

async function decisionOf(
  step: AuditStep,
  { d }: SaeWeights,
): Promise<{ classifier: Classifier; audited: LabelledRows; trainedOn: number }> {
  if (step.classifier !== undefined) {
    const remedy = 'Give all rows to audit as --data: a classifier that is given needs none to train on';
    if (step.holdout !== undefined)
      throw new NadirError({ what: '--holdout with --classifier', where: 'options', remedy, exitCode: 2 });
    const classifier = await readClassifier(step.classifier.weights, step.classifier.names, d);
    return { classifier, audited: await readAudited(step.data, d), trainedOn: 0 };
  }
  const { train, audited } = await readSplitRows(step.data, step.holdout, d, step.seed);
  const names = [...new Set(train.truth)].sort();
  const place = new Map(names.map((name, c) => [name, c]));
  const labels = Int32Array.from(train.truth, (name) => place.get(name) ?? 0);
  step.progress?.log(`training a probe of ${names.length} classes on ${labels.length} rows`);
  return { classifier: trainClassifier(train.embeddings, d, labels, names), audited, trainedOn: labels.length };
}
