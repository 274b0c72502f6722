/** What Node 21 and browsers of 2023 have, and TypeScript's library of ES2023 does not know. */
interface JsonOfSource {
  parse(text: string, reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown): unknown;
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): value is { readonly rawJSON: string };
}
const json = JSON as unknown as JsonOfSource;

/**
 * JSON in which numbers that JavaScript would round, such as ids of 19 digits, are kept as they are written: `JSON.stringify` gives them
 * back unchanged.
 */
export const exactJson = (text: string): unknown =>
  json.parse(text, (_, value, { source }) =>
    typeof value === "number" && source !== undefined && String(value) !== source ? json.rawJSON(source) : value,
  );

/** The text of a number that `exactJson` kept; undefined for anything else. */
export const exactNumber = (value: unknown): string | undefined => (json.isRawJSON(value) ? value.rawJSON : undefined);
