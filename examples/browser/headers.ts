/**
 * Cross-origin isolation lets WebAssembly use threads. The policy allows what ONNX Runtime needs and no more: its WebAssembly, and
 * workers from this origin.
 */
export const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Content-Security-Policy":
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; connect-src 'self' blob: data:; img-src 'self' data:",
} as const;
