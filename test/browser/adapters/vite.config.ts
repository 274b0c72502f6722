import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  build: { outDir: "../../../.cache/browser-adapters", emptyOutDir: true, target: "es2022" },
  worker: { format: "es" },
});
