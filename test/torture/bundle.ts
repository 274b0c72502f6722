import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, type Plugin } from "vite";

/** A Crisp in few files, which start faster than the many of its source. Each is a path. */
export interface Bundle {
  readonly folder: string;
  /** The command. */
  readonly main: string;
  /** The library for Node. */
  readonly library: string;
  /** What a training's thread starts with. */
  readonly worker: string;
  /** What each process loads first. */
  readonly oneCore: string;
  /** What a process loads that is to be disturbed. */
  readonly faults: string;
}

/** The names of a bundle in a folder that is still to be made. */
export function bundleIn(folder: string): Bundle {
  const at = (name: string): string => join(folder, `${name}.js`);
  return {
    ...{ folder, main: at("main"), library: at("library"), worker: at("worker"), oneCore: at("oneCore"), faults: at("faults") },
  };
}

/**
 * Bundle a Crisp: most of a short command's time would go into finding, reading and compiling a thousand source files, in two threads.
 *
 * @param source - Its folder `src`.
 */
export async function writeBundle(source: string, { folder, main, library, worker }: Bundle): Promise<void> {
  const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const input = {
    ...{ main: join(source, "cli/main.ts"), library: join(source, "api/index-node.ts") },
    worker: join(source, "runs/worker/worker-entry-node.ts"),
    ...{ oneCore: beside("../one-core-preload.mjs"), faults: beside("./fault-preload.ts") },
  };
  const entries = [[input.main, main] as const, [input.library, library] as const, [input.worker, worker] as const];
  mkdirSync(folder);
  await build({
    configFile: false,
    logLevel: "error",
    root: source,
    plugins: [placesOf(new Map(entries))],
    ssr: { noExternal: true, external: ["onnxruntime-node"] },
    build: {
      ...{ ssr: true, outDir: folder, emptyOutDir: false, minify: false, target: "esnext" },
      rolldownOptions: { input, output: { entryFileNames: "[name].js" } },
    },
  });
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  symlinkSync(join(source, "../node_modules"), join(folder, "node_modules"));
}

/** What a module finds beside its source it still finds there; only the entries, by path, are those of the bundle. */
const placesOf = (entries: ReadonlyMap<string, string>): Plugin => ({
  name: "places",
  enforce: "pre",
  transform(code, id) {
    const url = (path: string): string => JSON.stringify(pathToFileURL(path).href);
    return code
      .replace(/new URL\("(\.[^"]+)", import\.meta\.url\)/g, (whole, path: string) => {
        const entry = entries.get(resolve(id, "..", path));
        return entry ? `new URL(${url(entry)})` : whole;
      })
      .replaceAll("import.meta.url", url(id))
      .replaceAll("import.meta.filename", JSON.stringify(id))
      .replaceAll("import.meta.dirname", JSON.stringify(resolve(id, "..")));
  },
});
