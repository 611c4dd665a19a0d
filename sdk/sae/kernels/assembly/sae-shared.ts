// The same kernels over a memory that threads share.
export * from './sae';
