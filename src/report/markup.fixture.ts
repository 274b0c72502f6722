/** Names of elements left open or closed twice; empty when the page nests properly. */
export function misnested(markup: string): string[] {
  const open: string[] = [];
  const empty = /^(meta|br|hr|link|img|input)$/;
  for (const [, slash, name, self] of markup
    .replace(/<style>.*?<\/style>|<!doctype html>/gs, "")
    .matchAll(/<(\/?)([a-zA-Z][\w-]*)(?:"[^"]*"|[^">])*?(\/?)>/g)) {
    if (self || empty.test(name)) continue;
    if (!slash) open.push(name);
    else if (open.pop() !== name) return [`</${name}>`];
  }
  return open;
}

/** The same records with another text in place of each string, save under these keys. */
export function poisoned(value: unknown, evil: string, kept: ReadonlySet<string>): unknown {
  if (typeof value === "string") return evil;
  if (Array.isArray(value)) return value.map((inner) => poisoned(inner, evil, kept));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, kept.has(key) ? inner : poisoned(inner, evil, kept)]),
  );
}
