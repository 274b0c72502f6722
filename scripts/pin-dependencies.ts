// What users install is what was tested: `npm run pin` names in package.json every package that comes along, with the exact version of
// package-lock.json; lock-file.test.ts fails when that is stale. A published lock file would not do: npm 12 reads no npm-shrinkwrap.json
// any more, and npm 11 installs with it the binaries of every platform.
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { scanImports } from "./scan-imports.ts";

/** What package-lock.json says of one package; its key is the folder, `""` that of our own. */
interface LockedPackage {
  readonly version: string;
  readonly dependencies?: Versions;
  /** Those are named in `dependencies` of a package.json too, and in a lock file here only. */
  readonly optionalDependencies?: Versions;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  /** Only for development. */
  readonly dev?: boolean;
}

export interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

export type Versions = Readonly<Record<string, string>>;

export interface Pinned {
  readonly dependencies: Versions;
  /** What `npm install --omit=optional` leaves out. */
  readonly optionalDependencies: Versions;
}

/**
 * The dependencies of package.json: those that the sources import, and those that these bring along, each with its exact version.
 *
 * Left out is what runs no code of its own choice: packages of types, and the binaries of one platform, whose versions sharp names exactly.
 *
 * @param imported - Names of packages that the sources import. Those that package.json calls optional stay so.
 * @throws Error where the lock file holds two versions of one package: users would get either.
 */
export function pinnedDependencies(lock: LockFile, imported: ReadonlySet<string>): Pinned {
  const { dependencies = {}, optionalDependencies = {} } = lock.packages[""];
  const needed = new Set<string>();
  const optional = new Set<string>();
  const follow = (names: Iterable<string>, found: Set<string>) => {
    for (const name of names) {
      if (found.has(name) || needed.has(name) || name.startsWith("@types/")) continue;
      const locked = lock.packages[`node_modules/${name}`];
      if (!locked) throw new Error(`package-lock.json: expected ${name}, got none. Run npm install.`);
      if ((locked.os ?? locked.cpu) && !imported.has(name)) continue;
      found.add(name);
      follow(Object.keys(locked.dependencies ?? {}), found);
      follow(Object.keys(locked.optionalDependencies ?? {}), optional);
    }
  };
  follow(
    Object.keys(dependencies).filter((name) => imported.has(name)),
    needed,
  );
  follow(
    Object.keys(optionalDependencies).filter((name) => imported.has(name)),
    optional,
  );
  const nested = Object.keys(lock.packages).find(
    (path) => !lock.packages[path].dev && [...needed, ...optional].some((name) => path.endsWith(`/node_modules/${name}`)),
  );
  if (nested) throw new Error(`package-lock.json: expected one version of each package, got a second one at ${nested}.`);
  const versions = (names: Iterable<string>): Versions =>
    Object.fromEntries([...names].sort().map((name) => [name, lock.packages[`node_modules/${name}`].version]));
  return { dependencies: versions(needed), optionalDependencies: versions([...optional].filter((name) => !needed.has(name))) };
}

/** Names of the packages that src/ imports, tests and fixtures left out. */
export function importedPackages(root: string): Set<string> {
  const names = new Set<string>();
  for (const path of globSync("src/**/*.ts", { cwd: root, exclude: ["**/*.{test,slow,fixture,contract}.ts"] })) {
    for (const { specifier } of scanImports(readFileSync(join(root, path), "utf8")).imports) {
      const name = /^(@[^/]+\/)?[a-z][^/:]*(?=\/|$)/.exec(specifier)?.[0];
      if (name) names.add(name);
    }
  }
  return names;
}

if (import.meta.main) {
  const root = dirname(import.meta.dirname);
  const file = join(root, "package.json");
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as LockFile;
  const manifest = { ...JSON.parse(readFileSync(file, "utf8")), ...pinnedDependencies(lock, importedPackages(root)) };
  writeFileSync(file, `${JSON.stringify(manifest, undefined, 2)}\n`);
}
