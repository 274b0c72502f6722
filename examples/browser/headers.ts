/** Where the Hugging Face Hub is, and the storage of large files that it redirects to. */
const HUB_ORIGINS = ["https://huggingface.co", "https://*.huggingface.co", "https://*.hf.co"];

/**
 * Cross-origin isolation lets WebAssembly use threads. The policy allows what ONNX Runtime needs and no more: its WebAssembly, and
 * workers from this origin; and connections to the hub that the page offers encoders of.
 *
 * @param hub - Its origins. Another hub than Hugging Face's may redirect to several, which all have to be named.
 */
export const headersFor = (hub: readonly string[]) => ({
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Content-Security-Policy": `default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; connect-src 'self' blob: data: ${hub.join(" ")}; img-src 'self' data:`,
});

export const headers = headersFor(HUB_ORIGINS);
