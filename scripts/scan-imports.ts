/** One module specifier of a source file. */
export interface ImportSite {
  readonly specifier: string;
  /** `url` is `new URL("./x.ts", import.meta.url)`, a worker entry. */
  readonly kind: "value" | "type" | "dynamic" | "url";
  readonly line: number;
  /** Offsets of the specifier's text in the source, quotes excluded. */
  readonly start: number;
  readonly end: number;
}

export interface Scan {
  readonly imports: readonly ImportSite[];
  /** The source, same length, with comments and the insides of strings, templates and regular expressions blanked. */
  readonly code: string;
}

/**
 * Find the module specifiers of a TypeScript or JavaScript source without parsing it.
 *
 * Comments and literals are blanked first, so that an import inside either is not counted. TypeScript 7 has no stable
 * parser API, and lexers for JavaScript lose `import type`.
 */
export function scanImports(source: string): Scan {
  const code = blankLiterals(source);
  const imports: ImportSite[] = [];
  const add = (pattern: RegExp, kindOf: (match: RegExpExecArray) => ImportSite["kind"]) => {
    for (let match = pattern.exec(code); match; match = pattern.exec(code)) {
      const start = match.index + match[0].search(/["'`]/) + 1;
      const end = match.index + match[0].length - 1;
      imports.push({ specifier: source.slice(start, end), kind: kindOf(match), line: lineAt(source, match.index), start, end });
    }
  };
  // Between the keyword and `from` stand only names, braces, commas and stars, so a match cannot run into the next statement.
  add(/(?<![.\w$])(?:import|export)\s+(type\s+(?!from\b))?[\w$\s{},*]*?\bfrom\s*(["']) *\2/g, (match) =>
    match[1] ? "type" : "value",
  );
  add(/(?<![.\w$])import\s*(["']) *\1/g, () => "value");
  add(/(?<![.\w$])import\s*\(\s*(["'`]) *\1/g, () => "dynamic");
  add(/\bnew\s+URL\s*\(\s*(["'`]) *\1(?=\s*,\s*import\.meta\.url)/g, () => "url");
  return { imports: imports.sort((a, b) => a.start - b.start), code };
}

export function lineAt(source: string, offset: number): number {
  let line = 1;
  for (let at = source.indexOf("\n"); at >= 0 && at < offset; at = source.indexOf("\n", at + 1)) line++;
  return line;
}

const REGEX_MAY_FOLLOW = /(?:^|[=([{,;:!&|?+\-*%~^<>]|\b(?:return|typeof|case|in|of|do|else|void|await|yield))\s*$/;

/** Blank comments whole, and literals between their quotes; newlines stay, so that lines still count. */
function blankLiterals(source: string): string {
  const out = source.split("");
  const blank = (from: number, to: number) => {
    for (let i = from; i < to; i++) if (out[i] !== "\n") out[i] = " ";
  };
  /** Depth of braces at which each open `${` of a template ends. */
  const templates: number[] = [];
  let depth = 0;
  let at = 0;

  const template = (from: number): number => {
    let i = from;
    while (i < source.length && source[i] !== "`" && !source.startsWith("${", i)) i += source[i] === "\\" ? 2 : 1;
    blank(from, Math.min(i, source.length));
    if (source[i] !== "$") return i + 1;
    templates.push(depth++);
    return i + 2;
  };

  while (at < source.length) {
    const character = source[at];
    const next = source[at + 1];
    if (character === "/" && (next === "/" || next === "*")) {
      const close = next === "/" ? source.indexOf("\n", at) : source.indexOf("*/", at + 2) + 2;
      const end = close <= at ? source.length : close;
      blank(at, end);
      at = end;
    } else if (character === '"' || character === "'") {
      let end = at + 1;
      while (end < source.length && source[end] !== character && source[end] !== "\n") end += source[end] === "\\" ? 2 : 1;
      blank(at + 1, end);
      at = end + 1;
    } else if (character === "`") {
      at = template(at + 1);
    } else if (character === "/" && REGEX_MAY_FOLLOW.test(out.slice(Math.max(0, at - 40), at).join(""))) {
      let end = at + 1;
      for (let inClass = false; end < source.length && source[end] !== "\n"; end++) {
        if (source[end] === "\\") end++;
        else if (source[end] === "[") inClass = true;
        else if (source[end] === "]") inClass = false;
        else if (source[end] === "/" && !inClass) break;
      }
      blank(at + 1, end);
      at = end + 1;
    } else {
      if (character === "{") depth++;
      if (character === "}") {
        depth--;
        if (templates.length > 0 && templates[templates.length - 1] === depth) {
          templates.pop();
          at = template(at + 1);
          continue;
        }
      }
      at++;
    }
  }
  return out.join("");
}
