/** What the SHAP kernel needs of the WebAssembly interface beside sdk/sae/kernels/webassembly.d.ts. */
declare namespace WebAssembly {
  interface Memory {
    grow(pages: number): number;
  }
}
