/** What those who read a code or a reconstruction find in it: linear probes. */
export { trainProbe } from './linear-probe.ts';
export { softmax } from './softmax.ts';
