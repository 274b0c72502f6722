import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ALLOWED, checkImports } from "./check-imports.ts";
import { scanImports } from "./scan-imports.ts";

/** `file:line  reason` of each violation in a made-up tree. */
function violations(tree: Record<string, string>): string[] {
  return checkImports(new Map(Object.entries(tree))).map(({ file, line, reason }) => `${file}:${line}  ${reason}`);
}

const leaf = "export const x = 1;\n";

test("a tree that keeps the rules has no violation", () => {
  const tree = {
    "src/errors/index.ts": leaf,
    "src/graph/index.ts": 'import { x } from "../errors/index.ts";\nexport { y } from "./ops/y.ts";\n',
    "src/graph/ops/y.ts": 'import { x } from "../../errors/index.ts";\nexport const y = x;\n',
    "src/runtime/ort-node.ts": 'import os from "node:os";\nconst worker = new URL("./worker-node.ts", import.meta.url);\n',
    "src/runtime/ort-web.ts": "document.title = navigator.userAgent;\n",
    "src/data/types.ts": leaf,
    "src/studies/index.ts": 'import type { X } from "../data/types.ts";\n',
    "src/index.ts": 'export * from "./graph/index.ts";\n',
    "src/graph/y.fixture.ts": leaf,
    "src/onnx/x.test.ts": 'import { x } from "../graph/y.fixture.ts";\n',
    "scripts/y.ts": 'import { x } from "../src/graph/y.fixture.ts";\n',
    "scripts/x.ts": 'import fs from "node:fs";\nimport { x } from "../src/errors/index.ts";\n',
    "src/errors/x.slow.ts": 'import test from "node:test";\nimport { y } from "../graph/index.ts";\n',
    "src/errors/x.test.ts": 'import test from "node:test";\nimport { y } from "../graph/index.ts";\n',
  };
  assert.deepEqual(violations(tree), []);
});

const faults: [name: string, tree: Record<string, string>, expected: RegExp][] = [
  [
    "an import against the direction",
    { "src/errors/a.ts": `\nimport { x } from "../graph/index.ts";`, "src/graph/index.ts": leaf },
    /^src\/errors\/a\.ts:2 {2}src\/errors\/ must not import src\/graph\//,
  ],
  [
    "a type import against the direction",
    { "src/errors/a.ts": `import type { x } from "../graph/index.ts";`, "src/graph/index.ts": leaf },
    /must not import src\/graph\//,
  ],
  [
    "a dynamic import against the direction",
    { "src/graph/a.ts": `const m = await import("../models/index.ts");`, "src/models/index.ts": leaf },
    /must not import src\/models\//,
  ],
  [
    "a re-export against the direction",
    { "src/graph/a.ts": `export * from "../models/index.ts";`, "src/models/index.ts": leaf },
    /must not import src\/models\//,
  ],
  [
    "an import over several lines",
    { "src/graph/a.ts": `import {\n  a,\n  b,\n} from "../models/index.ts";`, "src/models/index.ts": leaf },
    /^src\/graph\/a\.ts:1 {2}.*must not import/,
  ],
  [
    "an import past index.ts",
    { "src/onnx/a.ts": `import "../graph/ops/b.ts";`, "src/graph/ops/b.ts": leaf },
    /:1 {2}imports src\/graph\/ops\/b\.ts; outside src\/graph\/ import src\/graph\/index\.ts/,
  ],
  [
    "a nested index.ts",
    { "src/onnx/a.ts": `import "../graph/ops/index.ts";`, "src/graph/ops/index.ts": leaf },
    /outside src\/graph\/ import/,
  ],
  [
    "a test past index.ts",
    { "src/onnx/a.test.ts": `import "../graph/b.ts";`, "src/graph/b.ts": leaf },
    /outside src\/graph\/ import/,
  ],
  [
    "a fixture outside tests",
    { "src/onnx/a.ts": `import "../graph/b.fixture.ts";`, "src/graph/b.fixture.ts": leaf },
    /outside src\/graph\/ import/,
  ],
  [
    "a value from a types-only folder",
    { "src/report/a.ts": `import { x } from "../studies/index.ts";`, "src/studies/index.ts": leaf },
    /only types/,
  ],
  ["node: in a plain file", { "src/data/a.ts": `import { readFileSync } from "node:fs";` }, /:1 {2}imports node:fs/],
  ["a dynamic node: import", { "src/data/a.ts": `const fs = await import("node:fs");` }, /imports node:fs/],
  [
    "a browser global",
    { "src/data/a.ts": `\n\nconst n = navigator.hardwareConcurrency;` },
    /^src\/data\/a\.ts:3 {2}uses the browser global navigator/,
  ],
  [
    "a feature test of a browser global",
    { "src/data/a.ts": `if (typeof window !== "undefined") run();` },
    /browser global window/,
  ],
  [
    "an unknown folder",
    { "src/utils/a.ts": `import "../errors/index.ts";`, "src/errors/index.ts": leaf },
    /src\/utils\/ is missing from the table/,
  ],
  ["a missing file", { "src/data/a.ts": `import "./gone.ts";` }, /src\/data\/gone\.ts, which does not exist/],
  [
    "a cycle of three files",
    {
      "src/data/a.ts": `import "./b.ts";`,
      "src/data/b.ts": `import "./c.ts";`,
      "src/data/c.ts": `\nimport type { A } from "./a.ts";`,
    },
    /^src\/data\/c\.ts:2 {2}import cycle: src\/data\/a\.ts → src\/data\/b\.ts → src\/data\/c\.ts → src\/data\/a\.ts/,
  ],
  ["a file that imports itself", { "src/data/a.ts": `import "./a.ts";` }, /import cycle/],
];

for (const [name, tree, expected] of faults) {
  test(`${name} is one violation`, () => {
    const found = violations(tree);
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0]!, expected);
  });
}

test("imports inside comments, strings, templates and regular expressions do not count", () => {
  const source = [
    '// import "node:fs";',
    '/* import "node:os"; */',
    "const text = 'import \"node:a\"';",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a template inside the source under test
    'const page = `import "node:b"; ${`import "node:c"`} import "node:d"`;',
    'const pattern = /import "node:e" [/"]/;',
    'const half = 6 / 2; import "node:real"; const third = 6 / 3;',
  ].join("\n");
  const { imports } = scanImports(source);
  assert.deepEqual(
    imports.map(({ specifier, line }) => [specifier, line]),
    [["node:real", 6]],
  );
});

test("local variables named like browser globals do not count", () => {
  const source =
    "const window = 3;\nfunction f(location: string) {\n  return location.length + window.toFixed(1).length + a.document.b;\n}\n";
  assert.deepEqual(violations({ "src/data/a.ts": source }), []);
});

test("kinds of import are told apart and their offsets are exact", () => {
  const source =
    'import type { A } from "./a.ts";\nimport b from "./b.ts";\nexport * from "./c.ts";\nawait import("./d.ts");\nnew URL("./e.ts", import.meta.url);\n';
  const { imports } = scanImports(source);
  assert.deepEqual(
    imports.map(({ kind, specifier }) => `${kind} ${specifier}`),
    ["type ./a.ts", "value ./b.ts", "value ./c.ts", "dynamic ./d.ts", "url ./e.ts"],
  );
  for (const { start, end, specifier } of imports) assert.equal(source.slice(start, end), specifier);
});

test("every folder that docs/architecture.md lists is in the table", () => {
  const page = readFileSync(join(import.meta.dirname, "../docs/architecture.md"), "utf8");
  const folders = [...page.matchAll(/^src\/(\w+)\//gm)].map((match) => match[1]!);
  assert.ok(folders.length >= 10);
  assert.deepEqual(
    folders.filter((folder) => !ALLOWED[folder]),
    [],
  );
});

test("the table itself has no cycle", () => {
  const reach = (folder: string): string[] =>
    (ALLOWED[folder] ?? []).filter((to) => to !== "*").flatMap((to) => [to, ...reach(to)]);
  for (const folder of Object.keys(ALLOWED)) assert.ok(!reach(folder).includes(folder), folder);
});
