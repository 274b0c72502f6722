// Checks the import rules of docs/architecture.md: `npm run imports`. Prints each violation as `file:line  reason`.
import { globSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { pathToFileURL } from "node:url";
import { type ImportSite, lineAt, type Scan, scanImports } from "./scan-imports.ts";

/** The folders of src/ that each folder may import from. */
export const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  random: ["errors"],
  metrics: ["errors"],
  files: ["errors"],
  linear: ["errors", "random"],
  graph: ["errors", "random"],
  onnx: ["errors", "graph"],
  runtime: ["errors", "graph", "onnx"],
  kernels: ["errors", "random"],
  batch: ["errors", "graph", "random"],
  attention: ["errors", "graph", "random", "batch"],
  tasks: ["errors", "random", "metrics", "graph", "batch"],
  models: ["errors", "files", "graph", "random", "batch", "attention", "tasks"],
  export: ["errors", "graph", "onnx", "runtime", "batch", "attention", "tasks", "models"],
  data: ["errors", "random", "tasks"],
  audit: ["errors", "random", "metrics", "linear", "data", "tasks"],
  network: [],
  hub: ["errors", "files", "network"],
  training: ["errors", "files", "network", "graph", "onnx", "runtime", "kernels", "random"],
  recipes: ["errors", "training"],
  runs: [
    ...["errors", "random", "metrics", "linear", "files", "graph", "onnx", "runtime", "kernels"],
    ...["batch", "attention", "tasks", "models", "data", "training"],
  ],
  trackers: ["errors", "files", "network", "training", "runs"],
  server: ["errors"],
  studies: [
    ...["errors", "random", "metrics", "linear", "files", "graph", "onnx", "runtime", "kernels"],
    ...["batch", "attention", "tasks", "models", "data", "training", "runs"],
  ],
  api: [
    ...["errors", "random", "metrics", "linear", "files", "graph", "onnx", "runtime", "kernels"],
    ...[
      "batch",
      "attention",
      "tasks",
      "models",
      "data",
      "training",
      "recipes",
      "runs",
      "studies",
      "trackers",
      "export",
      "hub",
      "audit",
    ],
  ],
  bench: [...["errors", "random", "graph", "runtime", "batch", "attention", "models", "training", "runs"]],
  report: ["errors", "metrics", "runs", "studies", "bench"],
  cli: ["*"],
  /** Files directly in src/, such as the public index. */
  ".": ["*"],
};

/** Folders whose imports from these folders must be types only. */
const TYPES_ONLY: Readonly<Record<string, readonly string[]>> = { report: ["runs", "studies", "bench"] };

const ENTRY = /^index(-node|-web)?\.ts$/;
/** Files of plain record types, which `import type` may name directly. */
const RECORDS = /^(types|records)\.ts$/;
/** What tests share; also with scripts and benchmarks. */
const FIXTURE = /\.(fixture|contract)\.ts$/;
const NODE_FOLDERS = /^(src\/cli|scripts|bench|evidence|test|examples|\.ci)\//;
const BROWSER_GLOBALS =
  "window|document|navigator|location|localStorage|sessionStorage|indexedDB|caches|customElements|self|XMLHttpRequest|OffscreenCanvas|Worker";

export interface Violation {
  /** Path from the repository root, with forward slashes. */
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

/**
 * Check the import rules over a tree of sources.
 *
 * Test and fixture files may import any folder (through its index) and `node:` modules; everything else obeys {@link ALLOWED}.
 *
 * @param files - Source text by path from the repository root, e.g. `src/graph/index.ts`.
 * @returns Violations in order of file and line; empty when all is well.
 */
export function checkImports(files: ReadonlyMap<string, string>): Violation[] {
  const violations: Violation[] = [];
  const edges = new Map<string, { to: string; line: number }[]>();
  for (const [file, source] of files) {
    const scan = scanImports(source);
    const report = (line: number, reason: string) => violations.push({ file, line, reason });
    for (const site of scan.imports) {
      if (site.kind === "url") continue;
      const reason = site.specifier.startsWith(".") ? relativeProblem(file, site, files) : packageProblem(file, site);
      if (reason) report(site.line, reason);
      if (site.specifier.startsWith(".")) {
        const to = posix.join(posix.dirname(file), site.specifier);
        if (files.has(to)) edges.set(file, [...(edges.get(file) ?? []), { to, line: site.line }]);
      }
    }
    for (const use of browserGlobals(file, source, scan))
      report(use.line, `uses the browser global ${use.name} outside *-web.ts and web/`);
  }
  violations.push(...cycles(edges));
  return violations.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line));
}

function relativeProblem(file: string, site: ImportSite, files: ReadonlyMap<string, string>): string | undefined {
  const target = posix.join(posix.dirname(file), site.specifier);
  if (/\.(ts|mts|tsx)$/.test(target) && !files.has(target)) return `imports ${target}, which does not exist`;
  const to = folderOf(target);
  const from = folderOf(file);
  if (to === undefined || to === from) return undefined;
  const name = posix.basename(target);
  const isEntry = posix.dirname(target) === `src/${to}` && (ENTRY.test(name) || (site.kind === "type" && RECORDS.test(name)));
  if (FIXTURE.test(name) && (from === undefined || isTest(file))) return undefined;
  if (to !== "." && !isEntry) return `imports ${target}; outside src/${to}/ import src/${to}/index.ts`;
  if (from === undefined || isTest(file)) return undefined;
  const allowed = ALLOWED[from];
  if (!allowed) return `src/${from}/ is missing from the table in scripts/check-imports.ts and docs/architecture.md`;
  if (!allowed.includes("*") && !allowed.includes(to)) {
    return `src/${from}/ must not import src/${to === "." ? posix.basename(target) : `${to}/`} (it may import: ${allowed.join(", ") || "nothing"})`;
  }
  if (TYPES_ONLY[from]?.includes(to) && site.kind !== "type")
    return `src/${from}/ may import only types from src/${to}/ (import type)`;
  return undefined;
}

function packageProblem(file: string, site: ImportSite): string | undefined {
  if (!site.specifier.startsWith("node:")) return undefined;
  if (isTest(file) || NODE_FOLDERS.test(file) || /-node\.ts$/.test(file)) return undefined;
  return `imports ${site.specifier}; node: modules belong in *-node.ts, cli/, scripts/, bench/, evidence/, test/, examples/ and tests`;
}

/** Uses of a browser global: `document.x`, `globalThis.document`, `typeof document`; not properties or local names. */
function browserGlobals(file: string, source: string, { code }: Scan): { name: string; line: number }[] {
  if (!file.startsWith("src/") || isTest(file) || /-web\.ts$/.test(file)) return [];
  const found: { name: string; line: number }[] = [];
  const use = new RegExp(
    `\\bglobalThis\\.(${BROWSER_GLOBALS})\\b|\\btypeof\\s+(${BROWSER_GLOBALS})\\b|(?<![.\\w$])(${BROWSER_GLOBALS})\\b(?=\\s*(?:\\?\\.|\\.|\\[|\\())`,
    "g",
  );
  for (let match = use.exec(code); match; match = use.exec(code)) {
    const name = (match[1] ?? match[2] ?? match[3])!;
    const declared = new RegExp(
      `\\b(?:const|let|var|function|class)\\s+(?:\\{[^}]*\\b)?${name}\\b|[({,]\\s*${name}\\s*[:,)=}?]`,
    ).test(code);
    if (match[1] || !declared) found.push({ name, line: lineAt(source, match.index) });
  }
  return found;
}

/** One violation for each import that closes a cycle. */
function cycles(edges: ReadonlyMap<string, readonly { to: string; line: number }[]>): Violation[] {
  const found: Violation[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string) => {
    if (done.has(file)) return;
    path.push(file);
    for (const { to, line } of edges.get(file) ?? []) {
      const start = path.indexOf(to);
      if (start >= 0) found.push({ file, line, reason: `import cycle: ${[...path.slice(start), to].join(" → ")}` });
      else visit(to);
    }
    path.pop();
    done.add(file);
  };
  for (const file of [...edges.keys()].sort()) visit(file);
  return found;
}

/** `graph` for src/graph/ops/add.ts, `.` for src/index.ts, undefined outside src/. */
function folderOf(path: string): string | undefined {
  const parts = path.split("/");
  if (parts[0] !== "src") return undefined;
  return parts.length === 2 ? "." : parts[1];
}

export function isTest(file: string): boolean {
  return /\.(test|slow|fixture|contract)\.ts$/.test(file);
}

/** Read every TypeScript source of the repository at `root`. */
export function readSources(root: string): Map<string, string> {
  const folders = ["src", "scripts", "bench", "evidence", "test", "examples", "web"];
  const paths = globSync(
    folders.map((folder) => `${folder}/**/*.ts`),
    { cwd: root },
  )
    .map((path) => path.replaceAll("\\", "/"))
    // AssemblyScript: another language with the same file ending.
    .filter((path) => !path.startsWith("src/kernels/assembly/"));
  return new Map(paths.sort().map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const files = readSources(dirname(import.meta.dirname));
  const violations = checkImports(files);
  for (const { file, line, reason } of violations) console.error(`${file}:${line}  ${reason}`);
  console.log(`imports: ${files.size} files, ${violations.length} violation${violations.length === 1 ? "" : "s"}`);
  process.exitCode = violations.length > 0 ? 1 : 0;
}
