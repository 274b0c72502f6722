// Writes docs/options.md from the verbs' own tables of options: node src/cli/option-reference.ts
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";
import { ruleOf } from "../training/index.ts";
import { defaultText, optionName } from "./help.ts";
import type { OptionSpec, Verb } from "./verb.ts";
import { VERBS } from "./verbs.ts";

const HEAD = `# Options of the command line

Made by \`node src/cli/option-reference.ts\` from the tables that \`crisp <verb> --help\` shows; do not edit.

Names are Hugging Face's where it has the option; dashes work too (\`--learning-rate\`). In TypeScript the same options have the same
names in camel case (\`learningRate\`).
`;

/** The page that docs/options.md holds. */
export async function optionReference(): Promise<string> {
  const verbs = await Promise.all(VERBS.map(({ load }) => load()));
  const first = new Map<OptionSpec, string>(); // verb under which an option is explained
  return [HEAD, ...verbs.map((verb) => section(verb, first))].join("\n");
}

function section(verb: Verb, first: Map<OptionSpec, string>): string {
  const own: string[] = [];
  const shared = new Map<string, string[]>(); // names by the verb that explains them
  for (const [name, spec] of Object.entries(verb.options)) {
    const at = first.get(spec);
    if (at !== undefined) shared.set(at, [...(shared.get(at) ?? []), `\`--${name}\``]);
    else {
      first.set(spec, verb.name);
      own.push(row(name, spec));
    }
  }
  const table = own.length > 0 ? ["| option | default | meaning |", "|---|---|---|", ...own, ""] : [];
  const as = Array.from(shared, ([other, names]) => `As for \`${other}\`: ${names.join(", ")}.\n`);
  return [
    `## crisp ${verb.name}`,
    "",
    `${capital(verb.summary)}: \`crisp ${verb.name} ${verb.usage}\``,
    "",
    ...table,
    ...as,
  ].join("\n");
}

const row = (name: string, spec: OptionSpec): string =>
  `| ${[`\`${optionName(name, spec)}\``, defaultText(spec) ?? "", `${spec.help}${rangeOf(spec)}`].map(cell).join(" | ")} |`;

const rangeOf = (spec: OptionSpec): string =>
  [spec.min, spec.max, spec.below].some((bound) => bound !== undefined) ? ` (${ruleOf(spec)})` : "";

const cell = (text: string): string => text.replaceAll("|", "\\|");

const capital = (text: string): string => text[0].toUpperCase() + text.slice(1);

if (import.meta.filename === argv[1]) writeFileSync(join(import.meta.dirname, "../../docs/options.md"), await optionReference());
