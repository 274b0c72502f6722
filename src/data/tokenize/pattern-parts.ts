/** A regular expression as a tree; anchors and lookarounds are what they hold. */
export type PatternNode =
  /** One character: its source, and the flags it has. */
  | { readonly kind: "set"; readonly source: string; readonly flags: string }
  | { readonly kind: "sequence"; readonly parts: readonly PatternNode[] }
  | { readonly kind: "choice"; readonly options: readonly PatternNode[] }
  | { readonly kind: "repeat"; readonly of: PatternNode; readonly least: number; readonly most: number };

/** Groups within each other; the stack must hold them. */
const DEEPEST = 50;
const QUANTIFIER = /[*+?]|\{(\d+)(,?)(\d*)\}/y;
const GROUP = /\?(?:<?[=!]|:|<[^=!>][^>]*>|([ims]*)(?:-([ims]+))?:)/y;
const ESCAPE = /\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[a-zA-Z]|k<[^>]*>|.)/suy;

/**
 * Parse a regular expression that JavaScript compiled with the flag `u`.
 *
 * @returns The tree; undefined for what is not judged: groups that are referred to, or too many within each other.
 */
export function patternParts({ source, flags }: RegExp): PatternNode | undefined {
  let at = 0;
  let judged = true;
  const take = (expression: RegExp): RegExpExecArray | null => {
    expression.lastIndex = at;
    const found = expression.exec(source);
    if (found) at += found[0].length;
    return found;
  };

  function choice(depth: number, own: string): PatternNode {
    const options: PatternNode[] = [sequence(depth, own)];
    while (source[at] === "|") {
      at++;
      options.push(sequence(depth, own));
    }
    return options.length === 1 ? options[0] : { kind: "choice", options };
  }

  function sequence(depth: number, own: string): PatternNode {
    const parts: PatternNode[] = [];
    while (judged && at < source.length && source[at] !== "|" && source[at] !== ")") {
      const atom = single(depth, own);
      const found = take(QUANTIFIER);
      if (found) take(/\?/y); // lazy, which tries the same in another order
      if (atom) parts.push(found ? repeated(atom, found) : atom);
    }
    return parts.length === 1 ? parts[0] : { kind: "sequence", parts };
  }

  function single(depth: number, own: string): PatternNode | undefined {
    const char = source[at];
    if (char === "(") {
      at++;
      const found = take(GROUP);
      const inner = found ? [...own].filter((flag) => !found[2]?.includes(flag)).join("") + (found[1] ?? "") : own;
      if (depth === DEEPEST) judged = false;
      const node = judged ? choice(depth + 1, inner) : undefined;
      at++;
      return node;
    }
    if (char === "[") {
      const start = at++;
      while (source[at] !== "]") at += source[at] === "\\" ? 2 : 1;
      at++;
      return { kind: "set", source: source.slice(start, at), flags: own };
    }
    if (char === "\\") {
      const [escaped] = take(ESCAPE)!;
      if (/^\\[1-9k]/.test(escaped)) judged = false;
      return /^\\[bB]/.test(escaped) ? undefined : { kind: "set", source: escaped, flags: own };
    }
    const literal = String.fromCodePoint(source.codePointAt(at)!);
    at += literal.length;
    return literal === "^" || literal === "$" ? undefined : { kind: "set", source: literal, flags: own };
  }

  const tree = choice(0, flags.replace(/[^ims]/g, ""));
  return judged ? tree : undefined;
}

function repeated(of: PatternNode, [written, least, comma, most]: RegExpExecArray): PatternNode {
  if (written === "*") return { kind: "repeat", of, least: 0, most: Infinity };
  if (written === "+") return { kind: "repeat", of, least: 1, most: Infinity };
  if (written === "?") return { kind: "repeat", of, least: 0, most: 1 };
  return { kind: "repeat", of, least: Number(least), most: comma === "" ? Number(least) : most === "" ? Infinity : Number(most) };
}
