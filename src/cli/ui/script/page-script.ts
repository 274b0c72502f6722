import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";

const source = new URL("./page-web.ts", import.meta.url);

/** The pages' script as browsers take it: in a built package it is JavaScript already. */
export function pageScript(): string {
  const text = readFileSync(source, "utf8");
  return source.pathname.endsWith(".ts") ? withoutTypes(text) : text;
}

/** Node says of the function, once a process, that it may still change; that is nothing for people who look at runs. */
function withoutTypes(text: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = emitWarning;
  }
}
