import { entries, folded, PAGE_WIDTH } from "./output.ts";
import { COMMON_OPTIONS } from "./parse-arguments.ts";
import type { OptionSpec, OptionTable, Verb } from "./verb.ts";

/** Longer names have a line of their own. */
const NAME_WIDTH = 26;

/** The page of `crisp --help`. */
export function mainHelp(verbs: readonly { readonly name: string; readonly summary: string }[]): string {
  return [
    folded("Crisp fine-tunes Transformer encoders with structured sparse attention, on ONNX Runtime, without Python.", ""),
    "",
    "Usage: crisp <verb> [arguments] [options]",
    "       npx crisp-attention <verb> …     (without installing)",
    "",
    "Verbs",
    entries(
      verbs.map(({ name, summary }) => [name, summary]),
      NAME_WIDTH,
    ),
    "",
    "Options of every verb",
    optionRows({ ...COMMON_OPTIONS, version: { type: "boolean", help: "Show the version.", aliases: ["V"] } }),
    "",
    folded("crisp <verb> --help lists the options of a verb. Nothing is sent anywhere: there is no telemetry.", ""),
  ].join("\n");
}

/** The page of `crisp <verb> --help`. */
export function verbHelp(verb: Verb): string {
  const sections = [folded(`crisp ${verb.name}: ${verb.summary}`), "", folded(`Usage: crisp ${verb.name} ${verb.usage}`)];
  if (verb.positionals?.length)
    sections.push(
      "",
      "Arguments",
      entries(
        verb.positionals.map(({ name, help }) => [`<${name}>`, help]),
        NAME_WIDTH,
      ),
    );
  sections.push("", "Options (dashes work too: --learning-rate)", optionRows({ ...verb.options, ...COMMON_OPTIONS }));
  if (verb.examples?.length) sections.push("", "Examples", ...verb.examples.map(commandLines));
  return sections.join("\n");
}

function optionRows(table: OptionTable): string {
  return entries(
    Object.entries(table).map(([name, spec]) => [optionName(name, spec), spec.help + defaultOf(spec)]),
    NAME_WIDTH,
  );
}

/** A command as it may be typed, on several lines where it is long. */
function commandLines(command: string): string {
  const lines = [" "];
  for (const part of command.split(/ (?=--)/)) {
    const longer = `${lines[lines.length - 1]} ${part}`;
    if (longer.length <= PAGE_WIDTH - 2 || lines[0] === " ") lines[lines.length - 1] = longer;
    else lines.push(`    ${part}`);
  }
  return lines.join(" \\\n");
}

/** `--learning_rate <number>, --lr` */
export function optionName(name: string, spec: OptionSpec): string {
  const aliases = (spec.aliases ?? []).map((alias) => `, ${alias.length === 1 ? "-" : "--"}${alias}`).join("");
  const value = spec.type === "boolean" ? "" : ` <${spec.choices ? spec.choices.join("|") : (spec.unit ?? spec.type)}>`;
  return `--${spec.type === "boolean" && spec.default === true ? "[no_]" : ""}${name}${value}${aliases}`;
}

function defaultOf(spec: OptionSpec): string {
  const text = defaultText(spec);
  return text === undefined ? "" : ` Default ${text}.`;
}

/** Undefined where there is none to tell of. */
export function defaultText(spec: OptionSpec): string | undefined {
  if (spec.default === undefined || spec.default === false) return undefined;
  const small = typeof spec.default === "number" && spec.default !== 0 && Math.abs(spec.default) < 1e-3;
  return small ? Number(spec.default).toExponential() : String(spec.default);
}
