import assert from "node:assert/strict";
import { test } from "node:test";
import { checkLayout, type OwnNames } from "./check-layout.ts";

const owned: OwnNames[] = [
  { kind: "task", folder: "src/tasks/", names: ["regression", "masked_lm"] },
  { kind: "pattern", folder: "src/attention/patterns/", names: ["dense", "topK"] },
];

/** `file:line  reason` of each violation in a made-up tree. */
function violations(tree: Record<string, string>): string[] {
  return checkLayout(new Map(Object.entries(tree)), owned).map(({ file, line, reason }) => `${file}:${line}  ${reason}`);
}

const lines = (count: number, first = "a();"): string => `${[first, ...Array(count - 1).fill("a();")].join("\n")}\n`;
const folder = (count: number, name = (at: number) => `src/graph/f${at}.ts`): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [name(at), "a();\n"]));

test("a tree that keeps the rules has no violation", () => {
  const tree = {
    ...folder(20),
    "src/graph/f0.test.ts": 'if (task === "regression") a();\n',
    "src/graph/f0.slow.ts": 'if (task === "regression") a();\n',
    "src/graph/more.fixture.ts": lines(400),
    "src/graph/runtime.contract.ts": lines(400),
    "src/graph/ops/f.ts": lines(300),
    "src/onnx/f.ts": lines(400, "// Long because a table is one."),
    "src/tasks/regression.ts": 'if (task === "regression") a();\n',
    "src/attention/patterns/dense.ts": 'export const isDense = (id: string) => id === "dense";\n',
    "scripts/f.ts": `${lines(400)}if (task === "regression") a();\n`,
    "src/data/f.ts": [
      '// task === "regression"',
      "const text = 'task === \"regression\"';",
      "const page = `task === 'regression'`;",
      'const table = { regression: 1, "masked_lm": 2 };',
      'const task = options.task ?? "regression";',
      'if (task === "regressions" || "a dense one" === text) a();',
      'if (["name", "regression"].includes(key)) a();',
      'const task: "regression" | "masked_lm" = of("regression");',
    ].join("\n"),
  };
  assert.deepEqual(violations(tree), []);
});

const task = /^src\/data\/a\.ts:1 {2}compares the task "regression" by name outside src\/tasks\/; ask what it can do$/;
const faults: [name: string, tree: Record<string, string>, expected: RegExp][] = [
  ["a folder of 21 files", folder(21), /^src\/graph\/:1 {2}21 source files beside each other; at most 20$/],
  ["a full folder, its index counted", { ...folder(20), "src/graph/index.ts": "a();\n" }, /21 source files/],
  ["21 files in src/ itself", folder(21, (at) => `src/f${at}.ts`), /^src\/:1 {2}21 source files/],
  ["a file of 301 lines", { "src/data/a.ts": lines(301) }, /^src\/data\/a\.ts:301 {2}301 lines; at most 300, unless/],
  ["a long file without a reason", { "src/data/a.ts": lines(301, "// Long because") }, /301 lines/],
  ["a long file with its reason further down", { "src/data/a.ts": `\n// Long because it is.\n${lines(301)}` }, /303 lines/],
  ["a comparison", { "src/data/a.ts": 'if (task === "regression") a();' }, task],
  ["a comparison in single quotes", { "src/data/a.ts": "if (task !== 'regression') a();" }, task],
  ["a comparison in back quotes", { "src/data/a.ts": "if (task == `regression`) a();" }, task],
  ["a comparison from the right", { "src/data/a.ts": 'if ("regression" !== task) a();' }, task],
  ["a case", { "src/data/a.ts": 'switch (task) { case "regression": a(); }' }, task],
  ["a list that includes the name", { "src/data/a.ts": 'if (tasks.includes("regression")) a();' }, task],
  [
    "a list of names",
    { "src/data/a.ts": 'if (["regression", "masked_lm"].includes(task)) a();' },
    /^src\/data\/a\.ts:1 {2}compares the task "regression, masked_lm" by name/,
  ],
  [
    "a comparison over two lines",
    { "src/data/a.ts": '\nconst sparse = plan.pattern.id !==\n  "dense";' },
    /^src\/data\/a\.ts:2 {2}compares the pattern "dense" by name outside src\/attention\/patterns\//,
  ],
  ["a pattern's name beside the patterns", { "src/attention/plan.ts": 'if (id === "topK") a();' }, /the pattern "topK"/],
  ["a pattern's name among the tasks", { "src/tasks/a.ts": 'if (id === "topK") a();' }, /the pattern "topK"/],
];

for (const [name, tree, expected] of faults) {
  test(`${name} is one violation`, () => {
    const found = violations(tree);
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0]!, expected);
  });
}

test("every comparison of a line is a violation of its own", () => {
  assert.equal(violations({ "src/data/a.ts": 'if (task === "regression" || task === "masked_lm") a();' }).length, 2);
});
