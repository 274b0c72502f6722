/** What YAML of the supported kind can say. */
export type YamlValue = string | YamlValue[] | { [key: string]: YamlValue };

interface Line {
  readonly indent: number;
  readonly text: string;
}

/**
 * The YAML of a model or dataset card, between two lines of `---` at its start.
 *
 * @returns undefined when there is none.
 */
export const cardYaml = (markdown: string): string | undefined =>
  /^\uFEFF?---[ \t]*\r?\n([\s\S]*?)(?<=\n)---[ \t]*(?:\r?\n|$)/.exec(markdown)?.[1];

/**
 * One top-level key of a YAML document, in the part of YAML that dataset cards are written in: mappings and lists by indentation, lists in
 * brackets, plain and quoted words, comments. Words stay strings.
 *
 * It is by hand since only the key `configs` is needed, and the rest of a card may hold anything.
 *
 * @returns undefined when the key is missing.
 * @throws Error on a construct outside that part, such as anchors, block strings or mappings in braces.
 * @example
 * yamlKey("a: 1\nconfigs:\n- config_name: x\n", "configs"); // [{ config_name: "x" }]
 */
export function yamlKey(yaml: string, key: string): YamlValue | undefined {
  const lines = yaml.split(/\r?\n/);
  const start = lines.findIndex((line) => line.startsWith(`${key}:`));
  if (start < 0) return undefined;
  const after = lines.slice(start + 1);
  const end = after.findIndex((line) => /^[^\s#-]/.test(line));
  const block = [lines[start], ...after.slice(0, end < 0 ? after.length : end)];
  const parsed: Line[] = [];
  for (const line of block) {
    const text = withoutComment(line).trimEnd();
    if (text.trim() !== "") parsed.push({ indent: text.length - text.trimStart().length, text: text.trim() });
  }
  const reader = { lines: parsed, at: 0 };
  const value = mapping(reader, 0);
  if (reader.at < parsed.length) throw new Error(`unsupported YAML: ${parsed[reader.at].text}`);
  return value[key];
}

interface Reader {
  readonly lines: Line[];
  at: number;
}

function block(reader: Reader, indent: number): YamlValue {
  return isItem(reader.lines[reader.at]) ? list(reader, indent) : mapping(reader, indent);
}

const isItem = ({ text }: Line): boolean => text === "-" || text.startsWith("- ");

function mapping(reader: Reader, indent: number): { [key: string]: YamlValue } {
  const result: { [key: string]: YamlValue } = {};
  for (let line = reader.lines[reader.at]; line?.indent === indent && !isItem(line); line = reader.lines[reader.at]) {
    const found = /^("[^"]*"|'[^']*'|[^\s"'[\]{}&*!|>%@`][^:]*?)\s*:(?:\s+(.*))?$/.exec(line.text);
    if (!found) throw new Error(`unsupported YAML: ${line.text}`);
    reader.at++;
    const next = reader.lines[reader.at];
    // the items of a list may stand as far left as its key
    const nested = next && (next.indent > indent || (next.indent === indent && isItem(next)));
    result[unquoted(found[1])] = found[2] ? scalar(found[2]) : nested ? block(reader, next.indent) : "";
  }
  return result;
}

function list(reader: Reader, indent: number): YamlValue[] {
  const result: YamlValue[] = [];
  for (let line = reader.lines[reader.at]; line?.indent === indent && isItem(line); line = reader.lines[reader.at]) {
    const text = line.text.slice(1).trimStart();
    const inner = indent + line.text.length - text.length;
    if (text === "") {
      reader.at++;
      const next = reader.lines[reader.at];
      result.push(next && next.indent > indent ? block(reader, next.indent) : "");
    } else if (/^[^"'[][^"'[]*?:(\s|$)/.test(text) || text.startsWith("- ")) {
      // a mapping that begins on the line of its dash: read it as if it began below
      reader.lines[reader.at] = { indent: inner, text };
      result.push(block(reader, inner));
    } else {
      reader.at++;
      result.push(scalar(text));
    }
  }
  return result;
}

function scalar(text: string): YamlValue {
  if (text.startsWith("[") && text.endsWith("]")) {
    const inside = text.slice(1, -1).trim();
    if (/[[\]{}]/.test(inside.replace(/"[^"]*"|'[^']*'/g, ""))) throw new Error(`unsupported YAML: ${text}`);
    return inside === "" ? [] : (inside.match(/"[^"]*"|'[^']*'|[^\s,][^,]*/g) ?? []).map((item) => unquoted(item.trim()));
  }
  if (/^[{&!|>%@`]|^\*(?![*/.])/.test(text)) throw new Error(`unsupported YAML: ${text}`);
  return unquoted(text);
}

function unquoted(text: string): string {
  if (/^"[^"]*"$/.test(text)) return JSON.parse(text) as string;
  return /^'[^']*'$/.test(text) ? text.slice(1, -1) : text;
}

/** `#` begins a comment at the start of a line and after a space, outside quotes. */
function withoutComment(line: string): string {
  let quote = "";
  for (let at = 0; at < line.length; at++) {
    const char = line[at];
    const begins = at === 0 || /[\s[,:-]/.test(line[at - 1]);
    if (quote !== "") quote = char === quote ? "" : quote;
    else if ((char === '"' || char === "'") && begins) quote = char;
    else if (char === "#" && (at === 0 || /\s/.test(line[at - 1]))) return line.slice(0, at);
  }
  return line;
}
