// A split's record, 64 bytes: what ../../../shap-tree.ts writes.
export const FEATURE: usize = 0;
export const THRESHOLD: usize = 4;
export const CHILD: usize = 8; // [2] split, or ~leaf
export const PREVIOUS: usize = 16; // 2 · split + side, or -1
export const DEPTH: usize = 20;
export const THROUGH: usize = 24; // [2]
export const BEFORE: usize = 40;
export const SHARE: usize = 48; // [2]
