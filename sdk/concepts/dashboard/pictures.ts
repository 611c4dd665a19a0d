/**
 * The images that stand for a latent: where it is strongest, in the middle of the rows that show it, and where it is weakest. Any row of a band
 * stands for the band as well as another, so one whose image is on the page already is taken there: each image then has to be packed once.
 */
import type { Activations } from '../activations.ts';

/** Images of each kind, at most. */
const [STRONGEST, MIDDLE, WEAKEST] = [5, 3, 3];
/** Shares of a latent's rows, strongest first, between which its middle lies, and after which its weakest. */
const [MIDDLE_FROM, MIDDLE_TO, WEAKEST_FROM] = [0.4, 0.6, 0.9];

interface Picture {
  readonly file: string;
  readonly activation: number;
}

export interface Pictures {
  readonly strongest: readonly Picture[];
  readonly middle: readonly Picture[];
  readonly weakest: readonly Picture[];
}

/** Pictures of all latents, their activations strongest first; `fileOf` gives the image of a row, undefined where there is none. An image is shown once a latent. */
export function choosePictures(
  { n, start, row, value }: Activations,
  fileOf: (row: number) => string | undefined,
): Pictures[] {
  const used = new Set<string>();
  const own = Array.from({ length: n }, () => new Set<string>());
  const pictureAt = (at: number): Picture | undefined => {
    const file = fileOf(row[at]);
    return file === undefined ? undefined : { file, activation: value[at] };
  };
  const take = (latent: number, { file }: Picture) => {
    used.add(file);
    own[latent].add(file);
  };
  const strongest = own.map((files, latent) => {
    const pictures: Picture[] = [];
    for (let at = start[latent]; at < start[latent + 1] && pictures.length < STRONGEST; at++) {
      const picture = pictureAt(at);
      if (!picture || files.has(picture.file)) continue;
      take(latent, picture);
      pictures.push(picture);
    }
    return pictures;
  });
  const band = (latent: number, from: number, to: number, count: number) => {
    const rows = start[latent + 1] - start[latent];
    const [first, end] = [start[latent] + Math.floor(from * rows), start[latent] + Math.ceil(to * rows)];
    const picked: { at: number; picture: Picture }[] = [];
    for (const again of [true, false])
      for (let at = first; at < end && picked.length < count; at++) {
        const picture = pictureAt(at);
        if (!picture || own[latent].has(picture.file) || used.has(picture.file) !== again) continue;
        take(latent, picture);
        picked.push({ at, picture });
      }
    return picked.sort((a, b) => a.at - b.at).map(({ picture }) => picture);
  };
  return strongest.map((pictures, latent) => ({
    strongest: pictures,
    middle: band(latent, MIDDLE_FROM, MIDDLE_TO, MIDDLE),
    weakest: band(latent, WEAKEST_FROM, 1, WEAKEST),
  }));
}
