import { defineConfig } from "vite";
import { headers } from "./headers.ts";

// while developing, Vite's own scripts stand in the page, which the policy forbids
const { "Content-Security-Policy": _, ...isolation } = headers;

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  build: { outDir: "../../.cache/browser-example", emptyOutDir: true, target: "es2022" },
  worker: { format: "es" },
  // its workers and WebAssembly are found beside the module, so that it must stay as it is
  optimizeDeps: { exclude: ["crisp-attention", "onnxruntime-web"] },
  server: { headers: isolation },
  preview: { headers },
});
