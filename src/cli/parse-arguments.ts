import { CrispError, expectedGot, nearest } from "../errors/index.ts";
import { type ForeignOptions, inRange, ruleOf } from "../training/index.ts";
import { apiName, type OptionSpec, type OptionTable, type OptionValue, type ParsedArguments, type Positional } from "./verb.ts";

/** Options that every verb takes. */
export const COMMON_OPTIONS = {
  help: { type: "boolean", help: "Show this page.", aliases: ["h"] },
  json: { type: "boolean", help: "Print JSON lines on standard output, and everything else on standard error." },
  verbose: { type: "boolean", help: "Show the stack of an error." },
} as const satisfies OptionTable;

/**
 * Parse the arguments of one verb against its option table.
 *
 * Forms: `--name value`, `--name=value`, with `_` or `-` inside names; booleans also `--no-name` and `--name=false`;
 * `--` ends the options. A later value replaces an earlier one, except in lists, which grow.
 *
 * @param where - Named in messages, e.g. `crisp train`.
 * @param argv - Arguments after the verb.
 * @param foreign - What to say of names that mean nothing here.
 * @throws CrispError `cli/unknown-option`, `cli/bad-option`, `cli/missing-argument` or `cli/extra-argument`.
 * @example
 * parseArguments("crisp train", ["a.csv", "--learning-rate=3e-5"], table).options.learningRate; // 3e-5
 */
export function parseArguments(
  where: string,
  argv: readonly string[],
  table: OptionTable,
  positionals?: readonly Positional[],
  foreign: ForeignOptions = {},
): ParsedArguments {
  const specs: OptionTable = { ...COMMON_OPTIONS, ...table };
  const values: Record<string, OptionValue> = {};
  for (const [name, spec] of Object.entries(specs)) {
    values[apiName(name)] = spec.default ?? (spec.type === "boolean" ? false : undefined);
  }
  const given = new Set<string>();
  const rest: string[] = [];

  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at]!;
    if (argument === "--") {
      rest.push(...argv.slice(at + 1));
      break;
    }
    if (!/^-{1,2}[a-zA-Z]/.test(argument)) {
      rest.push(argument);
      continue;
    }
    const [typed, inline] = splitOnce(argument);
    const { name, negated } = findOption(where, typed, specs, foreign);
    const spec = specs[name]!;
    const key = apiName(name);
    let text = inline;
    if (spec.type === "boolean") {
      if (text === undefined && !negated && /^(true|false)$/i.test(argv[at + 1] ?? "")) text = argv[++at];
      if (negated && text !== undefined) throw expectedGot("cli/bad-option", `${where} ${typed}`, "no value", text);
      values[key] = negated ? false : text === undefined ? true : parseBoolean(`${where} --${name}`, text);
    } else {
      if (text === undefined) {
        const next = argv[at + 1];
        if (next === undefined || /^--?[a-zA-Z]/.test(next)) {
          throw expectedGot("cli/bad-option", `${where} --${name}`, ruleOf(spec), "nothing");
        }
        text = argv[++at]!;
      }
      const parsed = parseValue(`${where} --${name}`, text, spec);
      values[key] = Array.isArray(parsed) && given.has(key) ? ([...(values[key] as []), ...parsed] as string[]) : parsed;
    }
    given.add(key);
  }
  // A help page is wanted however incomplete the rest of the line is.
  if (positionals && values.help !== true) checkPositionals(where, rest, positionals);
  return { options: values, given, positionals: rest };
}

function splitOnce(argument: string): [name: string, value: string | undefined] {
  const equals = argument.indexOf("=");
  return equals < 0 ? [argument, undefined] : [argument.slice(0, equals), argument.slice(equals + 1)];
}

function findOption(
  where: string,
  typed: string,
  specs: OptionTable,
  foreign: ForeignOptions,
): { name: string; negated: boolean } {
  const bare = typed.replace(/^--?/, "").replaceAll("-", "_");
  // The API spelling (--learningRate) works here too.
  const plain = (name: string) => name.replaceAll("_", "").toLowerCase();
  for (const [name, spec] of Object.entries(specs)) {
    const names = [name, ...(spec.aliases ?? [])];
    if (names.some((known) => known === bare || (known.length > 1 && plain(known) === plain(bare))))
      return { name, negated: false };
    if (spec.type === "boolean" && names.some((known) => `no_${known}` === bare)) return { name, negated: true };
  }
  const guess = nearest(bare, Object.keys(specs));
  const known = Object.hasOwn(foreign, bare) ? foreign[bare] : undefined;
  const next = known ?? (guess ? `Did you mean --${guess}?` : `Try: ${where} --help`);
  throw new CrispError("cli/unknown-option", `${where}: unknown option ${typed}. ${next}`, { option: typed, guess });
}

function parseValue(where: string, text: string, spec: OptionSpec): OptionValue {
  if (spec.type === "string") {
    if (spec.choices && !spec.choices.includes(text)) {
      const guess = nearest(text, spec.choices);
      throw expectedGot("cli/bad-option", where, ruleOf(spec), text, guess && `Did you mean ${guess}?`);
    }
    return text;
  }
  if (spec.type === "number" || spec.type === "integer") return parseNumber(where, text, spec);
  const parts = text.split(",").map((part) => part.trim());
  if (parts.some((part) => part === "")) throw expectedGot("cli/bad-option", where, ruleOf(spec), text || "nothing");
  if (spec.type === "list") {
    const wrong = spec.choices && parts.find((part) => !spec.choices!.includes(part));
    if (wrong !== undefined) throw expectedGot("cli/bad-option", where, ruleOf(spec), wrong);
    return parts;
  }
  return parts.map((part) => parseNumber(where, part, spec));
}

function parseNumber(where: string, text: string, spec: OptionSpec): number {
  const value = Number(text);
  if (text.trim() === "" || !inRange(value, spec)) {
    throw expectedGot("cli/bad-option", where, ruleOf(spec), text || "nothing");
  }
  return value;
}

function parseBoolean(where: string, text: string): boolean {
  if (/^(true|yes|on|1)$/i.test(text)) return true;
  if (/^(false|no|off|0)$/i.test(text)) return false;
  throw expectedGot("cli/bad-option", where, "true or false", text);
}

function checkPositionals(where: string, rest: readonly string[], positionals: readonly Positional[]): void {
  const missing = positionals.find((positional, index) => positional.required && rest[index] === undefined);
  if (missing) {
    throw new CrispError("cli/missing-argument", `${where}: expected <${missing.name}>, got nothing. Try: ${where} --help`, {
      argument: missing.name,
    });
  }
  if (!positionals.at(-1)?.many && rest.length > positionals.length) {
    const extra = rest[positionals.length]!;
    throw new CrispError("cli/extra-argument", `${where}: unexpected argument ${extra}. Try: ${where} --help`, {
      argument: extra,
    });
  }
}
