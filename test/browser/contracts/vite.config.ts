import { join } from "node:path";
import { defineConfig } from "vite";

const here = import.meta.dirname;

export default defineConfig({
  root: here,
  base: "./",
  resolve: { alias: { "node:test": join(here, "node-test.ts"), "node:assert/strict": join(here, "assert.ts") } },
  build: { outDir: join(here, "../../../.cache/browser-contracts"), emptyOutDir: true, target: "es2022" },
  worker: { format: "es" },
});
