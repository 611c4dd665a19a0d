/** Everything that a mission found out, as the report tells it and the JSON document sums it up. */
import type { DeviceProfile, PackReport } from '../sdk/compact/index.ts';
import type { PruneOutcome } from '../sdk/explain/index.ts';
import type { FlightOutcome } from './flight-record.ts';

/** How the ground's soil estimates of samples new to the model compare with the laboratory. */
export interface SoilInFlight {
  readonly target: string;
  readonly samples: number;
  readonly rmse: number;
  readonly r2: number;
}

/** Quality of a concept model that keeps k latents of a scene. */
export interface ConceptQuality {
  readonly k: number;
  readonly fvu: number;
  readonly cosine: number;
}

/** The concept model, in numbers. */
export interface ConceptFacts {
  readonly byK: readonly ConceptQuality[];
  /** Latents with a valid name. */
  readonly named: number;
  readonly latents: number;
  readonly embeddingLength: number;
  readonly trainedOn: number;
  readonly heldOut: number;
  readonly teacherBytes: number;
  readonly studentBytes: number;
  /** Mean overlap (Jaccard) of the 16 strongest latents of student and teacher. */
  readonly jaccard16: number;
  /** What the student's code loses of the cosine against the teacher's. */
  readonly cosineLoss: number;
}

/** Embeddings recovered on the ground against those that the encoder gives offline, at the end of one pass. */
export interface Recovery {
  /** Scenes of which anything has come. */
  readonly scenes: number;
  /** Images taken until then. */
  readonly taken: number;
  /** Scenes of which the whole code has come. */
  readonly complete: number;
  /** Mean cosine over the scenes that have come; null when none has. */
  readonly cosine: number | null;
}

/** A scene to show. */
export interface ExampleScene {
  readonly source: string;
  /** Folder of the picture: its class in the data set, which no model was told. */
  readonly label: string;
  readonly jpeg: Uint8Array;
  /** Names of its strongest concepts, best first. */
  readonly names: readonly string[];
  readonly codeBytes: number;
  readonly cosine: number;
}

export interface MissionFacts {
  readonly seed: number;
  readonly isQuick: boolean;
  readonly version: string;
  readonly profile: DeviceProfile;
  readonly soil: {
    readonly outcome: PruneOutcome;
    readonly targets: readonly string[];
    readonly rows: number;
    readonly setAside: number;
    readonly inFlight: readonly SoilInFlight[];
    /** SVG texts. */
    readonly figures: { readonly full: string; readonly attribution: string; readonly loss: string };
  };
  readonly concepts: ConceptFacts;
  readonly pack: PackReport;
  readonly flight: FlightOutcome;
  /** One for each pass. */
  readonly recovery: readonly Recovery[];
  readonly examples: readonly ExampleScene[];
  readonly stationName: string;
  readonly linkText: string;
}
