// What a page loads to train: the browser entry of dist/, bundled and minified by Vite. `npm run size`, after `npm run build`.
// Fails above the limits below: raise one only together with the reason for it.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const root = dirname(import.meta.dirname);

/**
 * Gzipped bytes; a little above what was measured when they were set. The worker holds nine families of encoders, their tokenizers'
 * repairs, every task's metrics and distillation, training for 8 bits and the readers; what is loaded only when it is needed (Parquet, the export) stands apart.
 * 5 kB of the page look up, download and check encoders of the Hub; a page that imports none of it is spared them.
 */
const LIMITS = { page: 44_500, worker: 156_000 } as const;

interface Size {
  readonly bytes: number;
  readonly gzipped: number;
}

const folder = mkdtempSync(join(tmpdir(), "crisp-size-"));
try {
  const output = await bundle(folder);
  const parts = {
    page: sizeOf(output, (name) => name === "page.js"),
    worker: sizeOf(output, (name) => /^(train-worker-web|rolldown-runtime).*\.js$/.test(name)),
    "when a model is saved": sizeOf(output, (name) => /^export-.*\.js$/.test(name)),
    "when a Parquet file is read": sizeOf(output, (name) => /^src-.*\.js$/.test(name)),
    "onnxruntime-web for WebAssembly": sizeOf(output, (name) => /^ort\.wasm.*\.js$/.test(name)),
    "onnxruntime-web for WebGPU": sizeOf(output, (name) => /^ort\.webgpu.*\.js$/.test(name)),
    "its WebAssembly": sizeOf(output, (name) => /^ort-wasm-simd-threaded-.*\.wasm$/.test(name)),
    "its WebAssembly, WebGPU": sizeOf(output, (name) => /^ort-wasm-simd-threaded\.asyncify.*\.wasm$/.test(name)),
  };
  for (const [name, { bytes, gzipped }] of Object.entries(parts))
    console.log(`${name.padEnd(32)} ${kilobytes(bytes)}   gzip ${kilobytes(gzipped)}`);
  const own = parts.page.gzipped + parts.worker.gzipped;
  console.log(`Crisp and its dependencies, without onnxruntime-web: ${kilobytes(own)} gzipped`);
  const counted = Object.values(parts).reduce((sum, { bytes }) => sum + bytes, 0);
  const all = sizeOf(output, () => true).bytes;
  if (counted !== all) throw new Error(`expected every file of the bundle to be counted, got ${all - counted} bytes more`);
  for (const [name, limit] of Object.entries(LIMITS)) {
    const { gzipped } = parts[name as keyof typeof LIMITS];
    if (gzipped <= limit) continue;
    console.error(`size: expected ${name} of at most ${kilobytes(limit)} gzipped, got ${kilobytes(gzipped)}.`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** What a page needs that loads an encoder of the Hub, trains, tries and saves a model. */
async function bundle(outDir: string): Promise<string> {
  const entry = join(outDir, "page-entry.js");
  const library = JSON.stringify(join(root, "dist/index-web.js"));
  writeFileSync(
    entry,
    `export { cachedHubModel, demoEncoder, findHubModel, forgetHubModel, loadModel, modelZip, parsePattern, readModelZip, train } from ${library};\n`,
  );
  const output = join(outDir, "output");
  await build({
    configFile: false,
    root,
    logLevel: "error",
    worker: { format: "es", rolldownOptions: { output: { entryFileNames: "[name]-[hash].js" } } },
    build: {
      target: "es2023",
      outDir: output,
      assetsDir: "",
      minify: true,
      modulePreload: { polyfill: false },
      rolldownOptions: { input: { page: entry }, preserveEntrySignatures: "strict", output: { entryFileNames: "[name].js" } },
    },
  });
  return output;
}

function sizeOf(output: string, wanted: (name: string) => boolean): Size {
  const files = readdirSync(output).filter(wanted);
  if (files.length === 0) throw new Error(`expected such a file in the bundle, got ${readdirSync(output).join(", ")}`);
  const contents = files.map((name) => readFileSync(join(output, name)));
  return {
    bytes: contents.reduce((sum, content) => sum + content.length, 0),
    gzipped: contents.reduce((sum, content) => sum + gzipSync(content, { level: 9 }).length, 0),
  };
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`.padStart(11);
}
