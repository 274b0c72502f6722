import { columns } from "./output.ts";
import { COMMON_OPTIONS } from "./parse-arguments.ts";
import type { OptionSpec, OptionTable, Verb } from "./verb.ts";

/** The page of `crisp --help`. */
export function mainHelp(verbs: readonly { readonly name: string; readonly summary: string }[]): string {
  return [
    "Crisp fine-tunes Transformer encoders with structured sparse attention, on ONNX Runtime, without Python.",
    "",
    "Usage: crisp <verb> [arguments] [options]     (without installing: npx crisp-attention <verb>)",
    "",
    "Verbs",
    columns(verbs.map(({ name, summary }) => [name, summary])),
    "",
    "Options of every verb",
    optionRows({ ...COMMON_OPTIONS, version: { type: "boolean", help: "Show the version.", aliases: ["V"] } }),
    "",
    "crisp <verb> --help lists the options of a verb. Nothing is sent anywhere: there is no telemetry.",
  ].join("\n");
}

/** The page of `crisp <verb> --help`. */
export function verbHelp(verb: Verb): string {
  const sections = [`crisp ${verb.name}: ${verb.summary}`, "", `Usage: crisp ${verb.name} ${verb.usage}`];
  if (verb.positionals?.length)
    sections.push("", "Arguments", columns(verb.positionals.map(({ name, help }) => [`<${name}>`, help])));
  sections.push("", "Options (dashes work too: --learning-rate)", optionRows({ ...verb.options, ...COMMON_OPTIONS }));
  if (verb.examples?.length) sections.push("", "Examples", ...verb.examples.map((line) => `  ${line}`));
  return sections.join("\n");
}

function optionRows(table: OptionTable): string {
  return columns(Object.entries(table).map(([name, spec]) => [optionName(name, spec), spec.help + defaultOf(spec)]));
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
