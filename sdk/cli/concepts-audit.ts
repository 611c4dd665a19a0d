/** `nadir concepts audit`. */
import type { Command } from 'commander';
import { NadirError } from '../base/index.ts';
import { AUDIT_DEFAULTS, auditConcepts, openImages, TESTED_FROM } from '../concepts/index.ts';
import type { ModelOptions } from './concepts-lines.ts';
import { count, list, positive, run, shared } from './run.ts';

interface AuditCommand extends ModelOptions {
  readonly holdout?: string;
  readonly classifier?: string;
  readonly classes?: string;
  readonly attributes?: string;
  readonly images?: string;
  readonly level: number;
  readonly k: number;
  readonly factors: number[];
  readonly out: string;
}

export function addAudit(concepts: Command): void {
  const base = AUDIT_DEFAULTS;
  const command = concepts
    .command('audit')
    .description('find concepts that move a classifier without a right to')
    .requiredOption('--model <dir>', 'concept model folder')
    .requiredOption('--data <path>', 'embeddings [n, d] beside a files.txt of CLASS/IMAGE')
    .option('--holdout <npy>', 'embeddings to audit on; without it two fifths of the images')
    .option('--classifier <npy|npz|onnx>', 'audit this one on all of --data, and train no probe; needs --classes')
    .option('--classes <txt>', "the classifier's classes, one a line")
    .option('--attributes <csv>', 'what must not count: a column "file", and one for each attribute')
    .option('--images <path>', 'folder or zip that the embeddings were made of, for the report')
    .option('--level <p>', 'chance of any false finding', positive, base.level)
    .option('--k <n>', "strongest latents of a row's code", count, base.k)
    .option('--factors <x,…>', 'what a concept is scaled by', factors, [...base.factors]);
  shared(command, { out: 'out/audit', threads: true }).action((options: AuditCommand) =>
    run(
      options,
      async (progress) => {
        const { classifier, classes, images, json, ...rest } = options;
        if ((classifier === undefined) !== (classes === undefined)) {
          const remedy = 'Give both, or neither';
          throw new NadirError({
            what: '--classifier and --classes go together',
            where: 'options',
            remedy,
            exitCode: 2,
          });
        }
        return auditConcepts({
          ...rest,
          classifier: classifier && classes ? { weights: classifier, names: classes } : undefined,
          images: images === undefined ? undefined : await openImages(images),
          progress,
        });
      },
      ({ findings, tested, level, report }) =>
        [
          tested > 0
            ? `${findings.length} findings among ${tested} pairs of a concept and a class, chance of any false one at most ${level}`
            : `nothing to test: no concept shows in ${TESTED_FROM.fewestRows} rows and moves a class`,
          ...findings.map(
            ({ name, class: of, basis, effect, pAdjusted }) =>
              `  ${name} → ${of} (${basis}): effect ${effect.toFixed(3)}, adjusted p ${pAdjusted.toPrecision(2)}`,
          ),
          `report ${report}`,
        ].join('\n'),
    ),
  );
}

/** Option parser: `0,0.5,2`. */
function factors(text: string): number[] {
  return list(text).map(Number);
}
