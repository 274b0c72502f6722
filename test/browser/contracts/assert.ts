// Stands in for node:assert/strict in a browser, as far as the suites use it; contracts.browser.ts holds it to the real one.

class AssertionError extends Error {
  override name = "AssertionError";
}

const fail = (message: unknown, otherwise: string): never => {
  if (message instanceof Error) throw message;
  throw new AssertionError(message === undefined ? otherwise : String(message));
};

const shown = (value: unknown): string => {
  try {
    return ArrayBuffer.isView(value)
      ? `[${(value as Float32Array).join(", ").slice(0, 300)}]`
      : (JSON.stringify(value) ?? String(value)).slice(0, 300);
  } catch {
    return String(value);
  }
};

function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (ArrayBuffer.isView(a)) {
    const [left, right] = [a as Float32Array, b as Float32Array];
    return left.length === right.length && left.every((value, at) => Object.is(value, right[at]));
  }
  if (a instanceof Map) {
    const other = b as Map<unknown, unknown>;
    return a.size === other.size && [...a].every(([key, value]) => other.has(key) && same(value, other.get(key)));
  }
  if (a instanceof Set) {
    const other = b as Set<unknown>;
    return a.size === other.size && [...a].every((value) => other.has(value));
  }
  if (a instanceof Error && (a.message !== (b as Error).message || a.name !== (b as Error).name)) return false;
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  if (keys.length !== others.length || (Array.isArray(a) && a.length !== (b as unknown[]).length)) return false;
  return keys.every((key) => Object.hasOwn(b, key) && same(a[key as keyof typeof a], b[key as keyof typeof b]));
}

type Expected = RegExp | Readonly<Record<string, unknown>> | ((error: unknown) => boolean);

function checkError(error: unknown, expected: Expected | undefined, message: unknown): void {
  if (expected === undefined) return;
  if (expected instanceof RegExp) {
    if (!expected.test(String(error))) fail(message, `expected an error like ${expected}, got ${error}`);
    return;
  }
  if (typeof expected === "function") {
    if (expected.prototype !== undefined ? !(error instanceof expected) : expected(error) !== true) {
      fail(message, `expected another error, got ${error}`);
    }
    return;
  }
  for (const [key, wanted] of Object.entries(expected)) {
    const got = (error as Record<string, unknown>)[key];
    const fits = wanted instanceof RegExp && typeof got === "string" ? wanted.test(got) : same(got, wanted);
    if (!fits) fail(message, `expected an error with ${key} ${wanted}, got ${shown(got)} (${error})`);
  }
}

const assert = (value: unknown, message?: unknown): void => assert.ok(value, message);

assert.ok = (value: unknown, message?: unknown): void => {
  if (!value) fail(message, `expected something true, got ${shown(value)}`);
};
assert.fail = (message?: unknown): never => fail(message, "failed");
assert.equal = (got: unknown, wanted: unknown, message?: unknown): void => {
  if (!Object.is(got, wanted)) fail(message, `expected ${shown(wanted)}, got ${shown(got)}`);
};
assert.notEqual = (got: unknown, other: unknown, message?: unknown): void => {
  if (Object.is(got, other)) fail(message, `expected anything but ${shown(other)}`);
};
assert.deepEqual = (got: unknown, wanted: unknown, message?: unknown): void => {
  if (!same(got, wanted)) fail(message, `expected ${shown(wanted)}, got ${shown(got)}`);
};
assert.notDeepEqual = (got: unknown, other: unknown, message?: unknown): void => {
  if (same(got, other)) fail(message, `expected anything but ${shown(other)}`);
};
assert.match = (text: string, pattern: RegExp, message?: unknown): void => {
  if (!pattern.test(text)) fail(message, `expected text like ${pattern}, got ${shown(text)}`);
};
assert.throws = (body: () => unknown, expected?: Expected, message?: unknown): void => {
  let error: unknown;
  try {
    body();
  } catch (thrown) {
    error = thrown;
    checkError(error, expected, message);
    return;
  }
  fail(message, "expected an error, got none");
};
assert.rejects = async (
  body: Promise<unknown> | (() => Promise<unknown>),
  expected?: Expected,
  message?: unknown,
): Promise<void> => {
  try {
    await (typeof body === "function" ? body() : body);
  } catch (error) {
    checkError(error, expected, message);
    return;
  }
  fail(message, "expected a rejection, got none");
};

export default assert;
