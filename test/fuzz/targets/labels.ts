import { columns, createOutput, cut, spreadsheetRow } from "../../../src/cli/borders.fixture.ts";
import { decodeText, parseTable } from "../../../src/data/index.ts";
import { modelCard } from "../../../src/export/index.ts";
import { parseEncoderConfig, withLabels } from "../../../src/models/index.ts";
import { html } from "../../../src/report/html.fixture.ts";
import { mutateBytes } from "../mutate-bytes.ts";
import type { Random } from "../random.ts";
import { check, type Target } from "../target.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const MARKS = [
  ...["\u001b[2J", "\u009b31m", "\u0000", "\r", "\n", "\r\n", "\u2028", "\u202e", "\ufdd0", "\ufdef", "\t", "\u007f", "\ud800"],
  ...[
    "|",
    "`",
    "\\",
    "](http://x)",
    "[a",
    "<b>",
    "</title>",
    "&lt;",
    '"',
    "'",
    ",",
    "=1+1",
    "+",
    "-",
    "@",
    "#",
    "---",
    "* ",
    "1.",
  ],
];

function mutate(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  if (random.chance(0.1)) return mutateBytes(random, bytes, other);
  let text = new TextDecoder().decode(bytes);
  for (let times = random.few(6); times > 0; times--) {
    const at = random.below(text.length + 1);
    text = text.slice(0, at) + random.pick(MARKS) + text.slice(at + random.below(3));
  }
  return encode(text.slice(0, 300));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
const bert = parseEncoderConfig({ model_type: "bert" });

function cardOf(label: string): string {
  const card = {
    ...{ crisp: "1.0.0", attention: { pattern: "dense" }, maxLength: 64, seed: 1, metrics: { accuracy: 0.9 } },
    ...{ options: { [label]: label }, columns: { text: label, label }, about: { startModel: label, datasets: [label] } },
  };
  const config = withLabels(bert, [label, `${label}x`]);
  const files = { onnx: true, quantized: false, python: true };
  return modelCard({ name: label, config, card: card as never, nominalSparsity: null, files, notes: [] });
}
const plainLines = cardOf("a").split("\n").length;
const pipes = (line: string): number => line.replace(/\\./g, "").split("|").length;

/** A label passes every border and leaves the lines, cells and tags there are as they are. */
async function run(bytes: Uint8Array): Promise<void> {
  const label = await decodeText(bytes, "labels", { encoding: "utf-8" });

  const written: string[] = [];
  const sink = { isTTY: true, columns: 80, write: (text: string) => void written.push(text) };
  const output = createOutput({ stdout: sink, stderr: sink, env: {} });
  output.note(`always ${label}`);
  output.print(
    columns([
      ["label", "count"],
      [cut(label, 24), "1"],
      [label, label],
    ]),
  );
  check(!CONTROL.test(written.join("")), "control characters on the terminal");
  check(!/[\ufdd0-\ufdef]/.test(written.join("")), "a style that came with the data");
  check(written.join("").split("\n").length === 5, "lines that came with the data");

  const card = cardOf(label).split("\n");
  check(card.length === plainLines, `${card.length} lines in the card`);
  check(!CONTROL.test(card.join("\n")), "control characters in the card");
  check(
    card.filter((line) => line.startsWith("|")).every((line) => pipes(line) === 4),
    "cells that came with the data",
  );
  check(!/(?<!\\)(\\\\)*</.test(card.find((line) => line.startsWith("# "))!), "markup in the card's title");

  const { markup } = html`<b title="${label}">${label}</b>`;
  check(/^<b title="[^"<>]*">[^<>]*<\/b>$/.test(markup) && !CONTROL.test(markup), "markup in the page");

  const row = spreadsheetRow(["0", label, "x"]);
  const { rows } = parseTable(`a,b,c\n${row}\n`, "errors.csv", { header: true });
  check(rows.length === 1 && rows[0].cells.length === 3, "cells in the spreadsheet that came with the data");
  const cell = String(rows[0].cells[1]);
  check(!/^[=+@\t-]/.test(cell) || Number.isFinite(Number(cell)), "a formula in the spreadsheet");
}

/** Names of classes, through the terminal, the model card, the page and the spreadsheet. */
export const labels: Target = {
  ...{ name: "labels", mutate, run, memory: { floor: 4 << 20, factor: 2000 } },
  seeds: () => ["pos", "neg\u001b[31m\nforged", "=1+1", "<b>|`x`", "-0.5", 'größer, "schön"'].map(encode),
};
