// Builds dist/ for the package: JavaScript and declarations of src/, without tests. `npm run build`, also run by `npm pack`.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { scanImports } from "./scan-imports.ts";

const root = dirname(import.meta.dirname);
const dist = join(root, "dist");

rmSync(dist, { recursive: true, force: true });
const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
const compiled = spawnSync(process.execPath, [compiler, "-p", join(root, "tsconfig.build.json")], {
  stdio: "inherit",
  cwd: root,
});
if (compiled.status !== 0) fail("the TypeScript compiler found errors (above).");

rewriteExtensions();
copyAssets();
checkPackage();

/** tsc leaves two kinds of `./x.ts` as they are: those in declarations, and worker entries (`new URL("./x.ts", import.meta.url)`). */
function rewriteExtensions(): void {
  for (const path of globSync("**/*.{js,d.ts}", { cwd: dist })) {
    const file = join(dist, path);
    let text = readFileSync(file, "utf8");
    for (const { specifier, start, end } of scanImports(text).imports.toReversed()) {
      if (!specifier.startsWith(".") || !specifier.endsWith(".ts")) continue;
      const target = specifier.replace(/\.ts$/, ".js");
      if (!existsSync(join(dirname(file), target))) fail(`dist/${path} names ${specifier}, and ${target} was not built.`);
      text = text.slice(0, start) + target + text.slice(end);
    }
    writeFileSync(file, text);
  }
}

/** What the sources read at run time beside them, e.g. a word list as JSON. */
function copyAssets(): void {
  for (const path of globSync("**/*.{json,wasm,css,txt}", { cwd: join(root, "src") })) {
    if (/\.fixture\.|(^|\/)(fixtures|assembly)\//.test(path.replaceAll("\\", "/"))) continue;
    mkdirSync(dirname(join(dist, path)), { recursive: true });
    cpSync(join(root, "src", path), join(dist, path));
  }
}

/** Every file that package.json promises exists; the command starts with its shebang and may be executed. */
function checkPackage(): void {
  const { bin, exports: entries } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const promised = [...Object.values<string>(bin), ...leaves(entries)].map((path) => join(root, path));
  const missing = promised.filter((path) => !existsSync(path));
  if (missing.length > 0) fail(`package.json names files that were not built: ${missing.join(", ")}.`);
  for (const path of new Set(Object.values<string>(bin))) {
    if (!readFileSync(join(root, path), "utf8").startsWith("#!")) fail(`${path} has no #! line.`);
    chmodSync(join(root, path), 0o755);
  }
}

/** Paths of nested conditions. */
function leaves(entries: object): string[] {
  return Object.values(entries).flatMap((entry) => (typeof entry === "string" ? [entry] : leaves(entry)));
}

function fail(message: string): never {
  console.error(`build: ${message}`);
  process.exit(1);
}
