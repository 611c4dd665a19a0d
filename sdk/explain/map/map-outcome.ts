/** What a map gives back: the keys of its JSON document. */

/** One field's mean spectrum, estimated. */
export interface FieldEstimate {
  readonly label: number;
  readonly row: number;
  readonly column: number;
  readonly pixels: number;
  readonly estimate: Readonly<Record<string, number>>;
  readonly halfWidth: Readonly<Record<string, number>>;
  /** Above 1: unlike what the model was trained on; null where the model knows no domain. */
  readonly distance: number | null;
  readonly outOfDistribution: boolean;
}

export interface MapOutcome {
  readonly maps: readonly { readonly target: string; readonly png: string }[];
  /** Path of the arrays behind the maps: estimate and halfWidth [targets, h, w], distance and excluded [h, w]. */
  readonly arrays: string;
  readonly fields: readonly FieldEstimate[];
  /** Shares of the pixels and of the fields that are flagged. */
  readonly outOfDistribution: { readonly pixels: number; readonly fields: number | null };
  readonly excludedPixels: number;
  readonly notes: readonly string[];
  readonly report: string;
}
