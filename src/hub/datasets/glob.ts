/**
 * A pattern of file paths as a regular expression: `*` and `?` within a folder, `**` across folders, `[0-9]`, `{a,b}`.
 *
 * Node's own path.matchesGlob is experimental in the oldest Node we support.
 *
 * @example
 * globExpression("data/train-*").test("data/train-00000-of-00001.parquet"); // true
 */
export function globExpression(pattern: string): RegExp {
  const glob = pattern.replace(/^(\.?\/)+/, "");
  let expression = "";
  let depth = 0;
  for (let at = 0; at < glob.length; at++) {
    const char = glob[at];
    if (char === "*" && glob[at + 1] === "*") {
      const slash = glob[at + 2] === "/";
      expression += slash ? "(?:[^/]+/)*" : ".*";
      at += slash ? 2 : 1;
    } else if (char === "*") expression += "[^/]*";
    else if (char === "?") expression += "[^/]";
    else if (char === "[" && glob.indexOf("]", at + 2) > 0) {
      const end = glob.indexOf("]", at + 2);
      const set = glob
        .slice(at + 1, end)
        .replace(/\\/g, "\\\\")
        .replace(/^!/, "^");
      expression += `[${set}]`;
      at = end;
    } else if (char === "{") {
      depth++;
      expression += "(?:";
    } else if (char === "}" && depth > 0) {
      depth--;
      expression += ")";
    } else if (char === "," && depth > 0) expression += "|";
    else expression += char.replace(/[.+^$()|[\]{}\\]/g, "\\$&");
  }
  // an unclosed brace is meant as it stands
  return depth === 0 ? new RegExp(`^${expression}$`) : globExpression(glob.replaceAll("{", "[{]"));
}
