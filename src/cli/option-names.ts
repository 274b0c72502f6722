import { CrispError, printed } from "../errors/index.ts";
import { apiName, type OptionTable } from "./verb.ts";

/**
 * An error whose message names options as the command line does: `learningRate: expected …` becomes `--learning_rate: expected …`.
 *
 * Checks are shared with the API and speak its names. A name is known by its capital letter, or by standing alone before `: expected`;
 * what was given (`got …`) is the user's and stays.
 *
 * @param table - Of the verb that ran.
 */
export function inOptionNames(error: CrispError, table: OptionTable): CrispError {
  const typed = new Map<string, string>();
  for (const [name, { inCode = [] }] of Object.entries(table)) {
    for (const known of [apiName(name), ...inCode]) if (!typed.has(known)) typed.set(known, `--${name}`);
  }
  const got = "got" in error.details ? `, got ${printed(error.details.got)}.` : "";
  const at = got === "" ? -1 : error.message.indexOf(got);
  const [before, after] = at < 0 ? [error.message, ""] : [error.message.slice(0, at), error.message.slice(at + got.length)];
  const message = `${renamed(named(before, typed), typed)}${at < 0 ? "" : got}${renamed(after, typed)}`;
  if (message === error.message) return error;
  const translated = new CrispError(error.code, message, error.details);
  translated.cause = error.cause;
  translated.stack = error.stack?.replace(error.message, message);
  return translated;
}

/** The option that the message begins with. */
const named = (text: string, typed: ReadonlyMap<string, string>): string =>
  text.replace(/^([\w.]+)(?=: expected )/, (name) => typed.get(name) ?? name);

/** Not in a path or a longer name; a run's description puts `options.` before. */
const renamed = (text: string, typed: ReadonlyMap<string, string>): string =>
  text.replace(/(?<![\w./-])(?:options\.)?([a-z]+[A-Z]\w*)(?![\w/-]|\.\w)/g, (all, name: string) => typed.get(name) ?? all);
