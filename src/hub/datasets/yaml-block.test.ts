import assert from "node:assert/strict";
import { test } from "node:test";
import { cardYaml, yamlKey } from "./yaml-block.ts";

test("the YAML of a card stands between two lines of dashes at its start", () => {
  assert.equal(cardYaml("---\na: 1\n---\n# Title\n---\n"), "a: 1\n");
  assert.equal(cardYaml("---\r\na: 1\r\n---\r\n"), "a: 1\r\n");
  assert.equal(cardYaml("# Title\n---\na: 1\n---\n"), undefined);
});

test("lists and mappings are read by their indentation, wherever the dashes stand", () => {
  const expected = [
    { config_name: "a", data_files: [{ split: "train", path: "a/*" }] },
    { config_name: "b", default: "true" },
  ];
  const flat = "configs:\n- config_name: a\n  data_files:\n  - split: train\n    path: a/*\n- config_name: b\n  default: true\n";
  const deep =
    "configs:\n  - config_name: a\n    data_files:\n      - split: train\n        path: a/*\n  - config_name: b\n    default: true\n";
  const below =
    "configs:\n-\n  config_name: a\n  data_files:\n  -\n    split: train\n    path: a/*\n-\n  config_name: b\n  default: true\n";
  for (const text of [flat, deep, below, flat.replaceAll("\n", "\r\n")]) assert.deepEqual(yamlKey(text, "configs"), expected);
});

test("words may be quoted, in brackets, and followed by a comment", () => {
  const text = `configs:
- config_name: "a # b"   # a comment
  # another one
  data_files: ['x/*.csv', "y,z.csv", plain.csv]
  data_dir: 'it is'
  path: a#b.csv
`;
  const config = { config_name: "a # b", data_files: ["x/*.csv", "y,z.csv", "plain.csv"], data_dir: "it is", path: "a#b.csv" };
  assert.deepEqual(yamlKey(text, "configs"), [config]);
});

test("patterns that begin with a star are words, not aliases", () => {
  const text = 'configs:\n- data_files:\n  - "*.csv"\n  - **/*.csv\n  - *.jsonl\n';
  assert.deepEqual(yamlKey(text, "configs"), [{ data_files: ["*.csv", "**/*.csv", "*.jsonl"] }]);
});

test("other keys of a card may hold anything", () => {
  const text = "pretty_name: >\n  folded\n  {text\nconfigs:\n- config_name: a\nlicence: &x {\n";
  assert.deepEqual(yamlKey(text, "configs"), [{ config_name: "a" }]);
  assert.equal(yamlKey(text, "features"), undefined);
});

test("what is outside the supported part is an error, not a guess", () => {
  for (const value of ["&a b", "*a", "|", "{a: b}", "[[a]]", "!!str a"])
    assert.throws(() => yamlKey(`configs:\n- path: ${value}\n`, "configs"), /unsupported YAML/, value);
  assert.throws(() => yamlKey("configs:\n- a: b\n   c: d\n", "configs"), /unsupported YAML/);
});
