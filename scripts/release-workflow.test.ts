// A release is made by a workflow that runs a few times a year: what it names must be there, and what it promises must stand in it.
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";

const root = dirname(import.meta.dirname);
const text = (path: string): string => readFileSync(join(root, path), "utf8");
const workflows = globSync(".github/workflows/*.yml", { cwd: root }).map((path) => ({ path, content: text(path) }));
const release = text(".github/workflows/release.yml");
const { scripts } = JSON.parse(text("package.json")) as { readonly scripts: Readonly<Record<string, string>> };

/** Where each stands, which must be in this order. */
function inOrder(...lines: readonly string[]): void {
  const places = lines.map((line) => release.indexOf(line));
  for (const [at, line] of lines.entries()) assert.ok(places[at] > (places[at - 1] ?? -1), line);
}

test("every script that a workflow runs is one of package.json, or a file that is there", () => {
  for (const { path, content } of workflows) {
    const named = [...content.matchAll(/\bnpm run ([\w:]+)/g)].map(([, name]) => name);
    assert.deepEqual(
      named.filter((name) => !(name in scripts)),
      [],
      path,
    );
    for (const [, file] of content.matchAll(/- run: (\.ci\/\S+)/g)) assert.ok(existsSync(join(root, file)), file);
  }
  assert.ok("test" in scripts && "prepack" in scripts);
});

test("a release is published with provenance, after all checks, as the file that was packed once", () => {
  assert.match(release, /^ {6}id-token: write/m);
  inOrder(
    ...["npm run setup", "npm run check", "- run: npm test\n", "npm run test:package", "npm pack --pack-destination release"],
    "npm publish ./release/*.tgz --provenance --access public",
  );
  // a path without ./ would be a repository of GitHub
  assert.doesNotMatch(release, /npm publish release/);
  assert.equal(release.match(/npm pack/g)?.length, 1);
});

test("a tag that names another version than package.json is not released", () => {
  inOrder(`test "$TAG" = "v$(npm pkg get version | tr -d '"')"`, "npm publish");
});

test("the tarball and the list of all packages in it hang on the release", () => {
  inOrder("npm sbom --sbom-format cyclonedx", 'gh release upload "$TAG" release/*');
  assert.match(text("SECURITY.md"), /`sbom\.cdx\.json`/);
  assert.ok(release.includes("release/sbom.cdx.json"));
});

test("actions are named by their commit, and leave no token behind", () => {
  for (const { path, content } of workflows) {
    for (const [line] of content.matchAll(/uses: .*/g)) assert.match(line, /@[0-9a-f]{40} # v\d/, path);
    const checkouts = content.match(/uses: actions\/checkout@/g)?.length;
    assert.equal(content.match(/persist-credentials: false/g)?.length, checkouts, path);
  }
});

test("the package has no script that its installation runs", () => {
  assert.deepEqual(
    ["preinstall", "install", "postinstall", "prepare", "preprepare", "postprepare"].filter((name) => name in scripts),
    [],
  );
});
