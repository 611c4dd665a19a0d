/** The colour of light, for the strip under a wavelength axis. */

/** What no eye sees fades into this, the colour of the infrared part of the strip. */
const DARK = [74, 59, 54] as const;
export const INFRARED_COLOUR = `rgb(${DARK.join()})`;

/**
 * sRGB colour of a wavelength, by the multi-lobe fit of the CIE 1931 observer (Wyman, Sloan and Shirley, JCGT 2(2), 2013).
 * Colours outside the gamut are clipped, and the dark end fades into the colour of the infrared.
 */
export function colourOfLight(nm: number): string {
  const lobe = (height: number, centre: number, below: number, above: number) =>
    height * Math.exp(-0.5 * ((nm - centre) * (nm < centre ? below : above)) ** 2);
  const x =
    lobe(0.362, 442.0, 0.0624, 0.0374) + lobe(1.056, 599.8, 0.0264, 0.0323) + lobe(-0.065, 501.1, 0.049, 0.0382);
  const y = lobe(0.821, 568.8, 0.0213, 0.0247) + lobe(0.286, 530.9, 0.0613, 0.0322);
  const z = lobe(1.217, 437.0, 0.0845, 0.0278) + lobe(0.681, 459.0, 0.0385, 0.0725);
  const channels = [
    3.2406 * x - 1.5372 * y - 0.4986 * z,
    -0.9689 * x + 1.8758 * y + 0.0415 * z,
    0.0557 * x - 0.204 * y + 1.057 * z,
  ];
  const byte = (linear: number, dark: number) => {
    const clipped = Math.min(Math.max(linear, 0), 1);
    const encoded = clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055;
    return Math.round(dark + (240 - dark) * encoded);
  };
  const [red, green, blue] = channels.map((linear, i) => byte(linear, DARK[i]));
  return `rgb(${red},${green},${blue})`;
}

/** Longest wavelength that the strip shows as a colour; beyond is infrared. */
export const VISIBLE_END_NM = 740;
