// The pictures of README.md: a real `crisp train` on made-up tickets, as a terminal and as its report.
//
//     node scripts/readme-pictures.ts --model FOLDER [--name sentence-transformers/all-MiniLM-L6-v2] [--keep FOLDER]
//
// FOLDER holds the weights of the model that --name names; the command runs with that name, as a link to the folder. --keep makes the
// training in a folder that stays, and only draws where it was made before. Needs Chromium. Weights and training are not committed.
// The times in the pictures are those of the machine; README.md names it.
import { spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { permutation, uniform } from "../src/random/index.ts";
import { launchChromium } from "../test/browser/chromium.ts";

const root = dirname(import.meta.dirname);
const pictures = join(root, "docs/pictures");
const ROWS = 320;
const SEED = 7;

/** What the people write about; `{…}` is a slot of `SLOTS`. Labels share words, so that no single word decides. */
const CORES: Readonly<Record<string, readonly string[]>> = {
  billing: [
    "I was charged twice for order {number}",
    "the amount on my card is {sum} more than on the invoice",
    "please send me the invoice for {month}, I need it for my taxes",
    "the discount code for the {thing} was not taken off the total",
    "you took {sum} from my account and I do not know what for",
    "can I pay for the {thing} in three instalments",
    "my {month} payment failed although there is enough money on the card",
    "the receipt has the wrong company name on it",
    "why did the price of my plan go up in {month}",
    "there is a second line of {sum} on my statement, same day, same shop",
  ],
  delivery: [
    "order {number} should have been here on {day}",
    "the tracking page has said the same thing since {day}",
    "the driver left the {thing} with a neighbour I have never met",
    "can the {thing} go to my office instead of my home",
    "it says it was handed over, but nothing is here",
    "how long does it take to {town}",
    "only half of order {number} has arrived",
    "I will be away in {month}, please wait with the parcel",
    "the box was open and wet when the courier brought it",
    "nobody rang, and now the {thing} is back at the depot in {town}",
  ],
  returns: [
    "the {thing} is too small and I would like to send it back",
    "I sent the {thing} back on {day} and still have no money",
    "the {thing} stopped working after two weeks, I want another one",
    "where do I get the label for sending order {number} back",
    "can I swap the {thing} for the blue one",
    "how many days do I have if I do not like the {thing}",
    "I got the wrong {thing} and want the right one",
    "you refunded {sum}, but the {thing} cost more",
    "the shop in {town} would not take the {thing} without the box",
    "I changed my mind about order {number}, it is still wrapped",
  ],
  account: [
    "I cannot log in since {day}",
    "the code that should come by text message never arrives",
    "please change my address to {town}",
    "how do I delete everything you know about me",
    "the link for a new password has expired again",
    "somebody in {town} has ordered a {thing} in my name",
    "I have two profiles and want to keep one",
    "stop sending me letters about the {thing}",
    "my new e-mail address is not accepted",
    "the app shows the orders of somebody else",
  ],
};
const OPENINGS = ["", "hello,", "hi there,", "good morning,", "second time I write:", "urgent:", "a question:", "dear team,"];
/** They name what the text is not about. */
const CLOSINGS = [
  "",
  "thanks",
  "I have been a customer for years",
  "I paid by card as always",
  "the parcel itself was fine",
  "my account is under the same address",
  "I do not want to send anything back",
  "order {number}, by the way",
  "please ring me, I do not read mail",
  "the last invoice is attached",
  "your form would not let me log in",
  "I need the {thing} before {day}",
];
const SLOTS: Readonly<Record<string, readonly string[]>> = {
  thing: ["lamp", "kettle", "jacket", "desk", "pair of boots", "headset", "bicycle", "blender", "tent", "rug"],
  town: ["Bristol", "Leeds", "Cork", "Dundee", "Cardiff", "York", "Exeter", "Galway"],
  day: ["Monday", "Tuesday", "Thursday", "Friday", "Saturday"],
  month: ["January", "March", "May", "August", "October"],
  sum: ["£12.50", "£80", "£7", "£149", "£33.90"],
};
/** Share of the rows with a second subject behind the one that counts, and of those that somebody labelled wrongly. */
const MIXED = 0.3;
const WRONG = 0.04;

/** A CSV of made-up tickets, the same each time. */
function tickets(): string {
  let draw = 0;
  const random = (): number => uniform({ seed: SEED, step: draw++, site: "tickets" }, 0);
  const one = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)];
  const fill = (text: string): string =>
    text.replace(/\{(\w+)\}/g, (_, slot: string) =>
      slot === "number" ? String(10_000 + Math.floor(random() * 90_000)) : one(SLOTS[slot]),
    );
  const labels = Object.keys(CORES);
  const rows = Array.from({ length: ROWS }, (_, at) => {
    const label = labels[at % labels.length];
    const other = one(labels.filter((each) => each !== label));
    const subjects = [one(CORES[label]), ...(random() < MIXED ? [`and ${one(CORES[other])}`] : [])];
    const closing = one(CLOSINGS);
    const text = fill(`${one(OPENINGS)} ${subjects.join(", ")}.${closing && ` ${closing}.`}`.trim());
    return [text, random() < WRONG ? other : label];
  });
  const order = permutation({ seed: SEED, step: 0, site: "order" }, ROWS);
  return ["text,label", ...Array.from(order, (at) => rows[at].map((cell) => `"${cell}"`).join(","))].join("\n") + "\n";
}

/** Makes pipes and files look like terminals, so that bars and colours are what people see. */
const TERMINAL = `data:text/javascript,for(const s of [process.stdout,process.stderr])Object.assign(s,{isTTY:true,columns:80})`;

/** Everything that the command prints, both streams in order. */
function trained(folder: string, model: string, name: string): string {
  mkdirSync(join(folder, dirname(name)), { recursive: true });
  if (!existsSync(join(folder, name))) symlinkSync(resolve(model), join(folder, name));
  writeFileSync(join(folder, "tickets.csv"), tickets());
  const file = join(folder, "output.txt");
  const output = openSync(file, "w");
  const { status } = spawnSync(
    process.execPath,
    ["--import", TERMINAL, join(root, "bin/crisp.mjs"), "train", "tickets.csv", "--model", name],
    { cwd: folder, stdio: ["ignore", output, output], env: { ...process.env, NO_COLOR: undefined, TERM: "xterm-256color" } },
  );
  closeSync(output);
  if (status !== 0) throw new Error(`expected crisp train to end well, got ${status}:\n${readFileSync(file, "utf8")}`);
  return readFileSync(file, "utf8");
}

const SIZE = { column: 8.4, row: 19, font: 14, margin: 18, bar: 34 } as const;
const CLASSES: Readonly<Record<string, string>> = { 1: "b", 2: "d", 31: "r", 32: "g", 33: "y", 36: "c" };
const STYLE = `
.p{fill:#f6f7f9;stroke:#d5d9df}.t{font:${SIZE.font}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1f2328;white-space:pre}
.b{font-weight:700}.d{fill:#636c76}.r{fill:#c02626}.g{fill:#1a7f37}.y{fill:#8a6100}.c{fill:#0b6fb3}.o{fill:#c5cad1}
@media (prefers-color-scheme:dark){.p{fill:#15181d;stroke:#30363d}.t{fill:#e6e8eb}.d{fill:#9aa4af}.r{fill:#ff8080}.g{fill:#56d364}.y{fill:#e8ba55}.c{fill:#5bb5f0}.o{fill:#454c55}}`;

/** What a terminal shows of an output, as an SVG: every line stands as it was last drawn. */
function terminalSvg(command: string, output: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's own language
  const drawn = output.split("\n").map((line) => line.split(/\r\u001b\[K|\r/).at(-1)!);
  while (drawn.at(-1) === "") drawn.pop();
  const [first, ...rest] = command.split("\n").map((part) => `\u001b[1m${part}\u001b[22m`);
  const lines = [`\u001b[2m$\u001b[22m ${first}`, ...rest, "", ...drawn];
  const { column, row, margin, bar } = SIZE;
  const width = Math.ceil(2 * margin + 81 * column);
  const height = bar + margin + lines.length * row;
  const texts = lines.map((line, at) => lineOf(line, bar + (at + 1) * row)).join("");
  const dots = [0, 1, 2].map((at) => `<circle class="o" cx="${margin + 5 + at * 18}" cy="${bar / 2 + 2}" r="5"/>`).join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="A terminal with crisp train"><style>${STYLE}
</style><rect class="p" x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="9"/>${dots}
${texts}</svg>
`;
}

/** Runs of one style, each at its own column and of its own width, whatever the font. */
function lineOf(line: string, y: number): string {
  let classes: readonly string[] = [];
  let at = 0;
  const runs: string[] = [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's own language
  for (const piece of line.split(/(\u001b\[\d+m)/)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's own language
    const code = /^\u001b\[(\d+)m$/.exec(piece)?.[1];
    if (code !== undefined) classes = CLASSES[code] ? [...classes, CLASSES[code]] : [];
    else if (piece.trim() === "") at += piece.length;
    else {
      const text = piece.trimStart();
      const x = (SIZE.margin + (at + piece.length - text.length) * SIZE.column).toFixed(1);
      const length = (text.trimEnd().length * SIZE.column).toFixed(1);
      runs.push(
        `<text class="${["t", ...classes].join(" ")}" x="${x}" y="${y}" textLength="${length}">${escaped(text.trimEnd())}</text>\n`,
      );
      at += piece.length;
    }
  }
  return runs.join("");
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** The top of a report, down to its first chart, 1200 pixels wide. */
async function photograph(report: string, picture: string): Promise<void> {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, colorScheme: "light" });
    await page.goto(pathToFileURL(report).href);
    const { y = 0, height = 700 } = (await page.locator(".card").first().boundingBox()) ?? {};
    await page.screenshot({ path: picture, clip: { x: 0, y: 0, width: 1200, height: Math.ceil(y + height + 12) } });
  } finally {
    await browser.close();
  }
}

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    name: { type: "string", default: "sentence-transformers/all-MiniLM-L6-v2" },
    keep: { type: "string" },
  },
});
if (values.model === undefined) throw new Error("usage: node scripts/readme-pictures.ts --model FOLDER");
const folder = values.keep === undefined ? mkdtempSync(join(tmpdir(), "crisp-pictures-")) : resolve(values.keep);
try {
  const report = join(folder, "tickets-model/report.html");
  const output = existsSync(report)
    ? readFileSync(join(folder, "output.txt"), "utf8")
    : trained(folder, values.model, values.name);
  mkdirSync(pictures, { recursive: true });
  writeFileSync(
    join(pictures, "terminal.svg"),
    terminalSvg(`npx crisp-attention train tickets.csv \\\n    --model ${values.name}`, output),
  );
  await photograph(report, join(pictures, "report.png"));
} finally {
  if (values.keep === undefined) rmSync(folder, { recursive: true });
}
