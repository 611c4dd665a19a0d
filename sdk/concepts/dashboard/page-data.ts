/** What the page's script reads: a survey as columns, one entry a latent, numbers to four digits. script.ts says how each is shown. */
import type { LatentCard, LatentSurvey } from './survey.ts';

/** [image, activation] pairs; an image is a place in `files`. */
type PagePictures = readonly (readonly [number, number])[];

export interface PageData {
  readonly rows: number;
  readonly classes: readonly string[];
  /** Images in the order in which they are packed. */
  readonly files: readonly string[];
  /** Valid names; null where there is none. */
  readonly name: readonly (string | null)[];
  readonly score: readonly (number | null)[];
  readonly margin: readonly (number | null)[];
  /** Rows that show the latent. */
  readonly active: readonly number[];
  readonly mean: readonly number[];
  readonly largest: readonly number[];
  readonly histogram: readonly (readonly number[])[];
  /** [latent, cosine] pairs, nearest first. */
  readonly near: readonly (readonly (readonly [number, number])[])[];
  /** [class, change of log-odds]. */
  readonly effect: readonly (readonly [number, number] | null)[];
  readonly stability: readonly (number | null)[];
  /** Strongest, middle and weakest images. */
  readonly pictures: readonly (readonly [PagePictures, PagePictures, PagePictures])[];
}

/** Images of a survey, each once, in the order of the latents that show them. */
export function imagesOf({ cards }: LatentSurvey): string[] {
  const files = new Set<string>();
  for (const { pictures } of cards)
    for (const band of [pictures.strongest, pictures.middle, pictures.weakest])
      for (const { file } of band) files.add(file);
  return [...files];
}

/** The survey as the page reads it; `files` are its images in the order in which they are packed. */
export function pageData({ cards, sampled, classes }: LatentSurvey, files: readonly string[]): PageData {
  const place = new Map(files.map((file, i) => [file, i]));
  const pictures = (band: LatentCard['pictures']['strongest']) =>
    band.map(({ file, activation }) => [place.get(file) ?? 0, short(activation)] as const);
  // a name that is not valid is not shown, nor is its margin
  const valid = ({ name }: LatentCard) => (name?.valid ? name : undefined);
  return {
    rows: sampled,
    classes,
    files,
    name: cards.map((card) => valid(card)?.name ?? null),
    score: cards.map((card) => shortOrNull(valid(card)?.score)),
    margin: cards.map((card) => shortOrNull(valid(card)?.margin)),
    active: cards.map(({ spread }) => spread.rows),
    mean: cards.map(({ spread }) => short(spread.mean)),
    largest: cards.map(({ spread }) => short(spread.largest)),
    histogram: cards.map(({ spread }) => spread.histogram),
    near: cards.map(({ neighbours }) => neighbours.map(({ latent, cosine }) => [latent, short(cosine)] as const)),
    effect: cards.map(({ effect }) => (effect ? ([effect.class, short(effect.change)] as const) : null)),
    stability: cards.map(({ stability }) => shortOrNull(stability)),
    pictures: cards.map(
      (card) =>
        [pictures(card.pictures.strongest), pictures(card.pictures.middle), pictures(card.pictures.weakest)] as const,
    ),
  };
}

function short(value: number): number {
  return Number(value.toPrecision(4));
}

function shortOrNull(value: number | undefined): number | null {
  return value === undefined ? null : short(value);
}
