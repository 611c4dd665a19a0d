/** What every check looks at: the opened model, the data, folds that no judge has seen, and how well the estimates do there. */
import type { Random } from '../../base/index.ts';
import type { Estimator } from '../../forest/index.ts';
import type { Folds, SpectraTable } from '../../spectra/index.ts';
import type { SoilEstimator } from '../soil-estimator.ts';
import type { PatchSource } from './patch-source.ts';
import type { RefitData, RefitJob, RefitResult } from './refit.ts';

export interface AuditOptions {
  /** A soil model folder. */
  readonly model: string;
  /** `limesoda`, `tropical`, or the path of a HYPERVIEW folder, a frame or a spectra table. */
  readonly data: string;
  /** Columns that hold the model's targets, in its order; its own names where absent. */
  readonly targets?: readonly string[];
  /** Column of the field, site or flight that a sample came from; found by its name where absent. */
  readonly group?: string;
  /** As `spectra train` takes it; 5 where absent. */
  readonly folds?: string;
  /** Columns that are laboratory measurements besides those known by name: no shortcut is looked for in them. */
  readonly laboratory?: readonly string[];
  /** Fewer rows, refits and draws. */
  readonly quick: boolean;
  readonly seed: number;
  readonly threads: number;
  /** Pixels of a row of the table, for data that are no HYPERVIEW folder; `undefined` for a row without. */
  readonly patchOf?: PatchSource;
}

/** Estimator and the rows that it may judge, which it has not seen. */
interface Judge {
  readonly rows: Uint32Array;
  readonly estimator: Estimator;
}

/** A column of the table that says which samples belong together. */
interface Groups {
  readonly column: string;
  readonly names: readonly string[];
  /** Group of each row, [n]. */
  readonly of: Uint16Array;
}

export interface AuditCase {
  readonly options: AuditOptions;
  readonly soil: SoilEstimator;
  readonly table: SpectraTable;
  readonly targets: readonly string[];
  /** Row of the table behind each row of the case, [n]. */
  readonly rows: Uint32Array;
  readonly n: number;
  readonly bands: number;
  readonly features: number;
  readonly wavelengthsNm: Float64Array;
  /** [n, bands] */
  readonly spectra: Float32Array;
  /** [n, targets] */
  readonly truth: Float64Array;
  readonly targetSd: Float64Array;
  readonly data: RefitData;
  readonly folds: Folds;
  readonly groups: Groups | null;
  /** Whether the model can be fitted again. */
  readonly canRefit: boolean;
  readonly judges: readonly Judge[];
  /** Who judges, for the report. */
  readonly basis: string;
  /** Rows that a judge estimates: all, but where folds never hold some out. */
  readonly judged: Uint32Array;
  /** Estimates by the judges, [n, targets]; NaN where none judges. */
  readonly prediction: Float64Array;
  /** Estimates by the mean of the rows that the judge was fitted to, [n, targets]. */
  readonly baseline: Float64Array;
  /** Score of the judges over all rows, see `scoreOf`. */
  readonly score: number;
  /** Rows that perturbed spectra are judged on. */
  readonly sample: Uint32Array;
  /** Score of the judges over the sample. */
  readonly sampleScore: number;
  /** Pixels of a row of the table, where the data has them. */
  readonly patchOf: PatchSource | undefined;
  /** Runs refits on the threads. */
  refits(jobs: readonly RefitJob[]): Promise<RefitResult[]>;
  /** A generator for one named use. */
  random(use: string): Random;
}
