/** What an audit says of files: findings with their concepts' names and their images. */
import type { Audit, Finding } from './audit.ts';

/** A finding with its concept's name and its images. */
export type NamedFinding = Omit<Finding, 'strongestRows' | 'changedRows'> & {
  /** The concept's valid name, or `latent 12`. */
  readonly name: string;
  /** Images that show the concept most. */
  readonly strongest: readonly string[];
  /** Images whose probability of the class the concept changes most: with it, without it. */
  readonly changed: readonly { readonly file: string; readonly present: number; readonly absent: number }[];
};

export interface AuditDocument extends Omit<Audit, 'findings' | 'accuracy'> {
  readonly findings: readonly NamedFinding[];
  readonly level: number;
  readonly probe: {
    /** Share of the audited rows that it decides rightly; null where no row has one of its classes. */
    readonly accuracy: number | null;
    readonly classes: readonly string[];
    /** Rows; 0 for a classifier that was given. */
    readonly trainedOn: number;
  };
}
