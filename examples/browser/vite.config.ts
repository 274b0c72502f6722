import { defineConfig } from "vite";
import { headers, headersFor } from "./headers.ts";

/** Another hub is chosen when the page is built, as its policy is: never by an address that somebody is sent. */
const { HF_ENDPOINT } = process.env;

// while developing, Vite's own scripts stand in the page, which the policy forbids
const { "Content-Security-Policy": _, ...isolation } = headers;

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  build: { outDir: "../../.cache/browser-example", emptyOutDir: true, target: "es2022" },
  worker: { format: "es" },
  define: { HF_ENDPOINT: JSON.stringify(HF_ENDPOINT || "https://huggingface.co") },
  // its workers and WebAssembly are found beside the module, so that it must stay as it is
  optimizeDeps: { exclude: ["crisp-attention", "onnxruntime-web"] },
  server: { headers: isolation },
  preview: { headers: HF_ENDPOINT ? headersFor([new URL(HF_ENDPOINT).origin]) : headers },
});
