/** How the attribution figure looks: sizes, colours, and how each group of features is named. */

export const INK = '#2b2a26';
export const SOFT = '#7d776b';
export const LINE = '#e4dfd3';
export const PAPER = '#fdfbf6';
export const FONT = "Georgia, 'Times New Roman', 'DejaVu Serif', serif";

export const WIDTH = 1040;
export const LEFT = 78;
export const RIGHT = 250;
export const PLOT_WIDTH = WIDTH - LEFT - RIGHT;

interface Look {
  readonly label: string;
  readonly colour: string;
}

const LOOKS: Readonly<Record<string, Look>> = {
  arr: { label: 'reflectance', colour: '#b9a58a' },
  d1: { label: '1st derivative', colour: '#d39a2d' },
  d2: { label: '2nd derivative', colour: '#a3452c' },
  d3: { label: '3rd derivative', colour: '#34586e' },
  sg0: { label: 'smoothed', colour: '#cdbb9f' },
  sg1: { label: 'smoothed 1st derivative', colour: '#e0b45c' },
  sg2: { label: 'smoothed 2nd derivative', colour: '#c4745d' },
  gap: { label: 'gap derivative', colour: '#8f6b1f' },
  abs: { label: 'absorbance', colour: '#7b6a54' },
  'abs.sg1': { label: 'absorbance, 1st derivative', colour: '#b8862a' },
  ratio: { label: 'σ1/σ2 of the pixels', colour: '#5f8a8b' },
  sigma1: { label: 'σ1 of the pixels', colour: '#3f6f70' },
  sigma2: { label: 'σ2 of the pixels', colour: '#578485' },
  sigma3: { label: 'σ3 of the pixels', colour: '#6f999a' },
  sigma4: { label: 'σ4 of the pixels', colour: '#89aeae' },
  sigma5: { label: 'σ5 of the pixels', colour: '#a5c3c3' },
  'dft.re': { label: 'Fourier, real', colour: '#6d7f4f' },
  'dft.im': { label: 'Fourier, imaginary', colour: '#94a878' },
  'dft.sigma1.re': { label: 'Fourier of σ1, real', colour: '#5a7562' },
  'dft.sigma1.im': { label: 'Fourier of σ1, imaginary', colour: '#829b89' },
  sym3: { label: 'wavelet sym3', colour: '#7a5c80' },
  dmey: { label: 'wavelet dmey', colour: '#ab90ad' },
  snv: { label: 'standard normal variate', colour: '#94628f' },
  msc: { label: 'scatter-corrected', colour: '#6b4a78' },
  cr: { label: 'continuum removed', colour: '#b06f8c' },
  pre: { label: 'log(1/R), derivative, SNV', colour: '#8a3f5f' },
};
const UNKNOWN: Look = { label: 'other', colour: SOFT };

export function look(group: string): Look {
  return LOOKS[group] ?? UNKNOWN;
}

export const round = (value: number) => Math.round(value * 100) / 100;

/** Three significant digits without an exponent. */
export function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
