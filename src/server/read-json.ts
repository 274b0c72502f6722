import type { Context } from "hono";
import type { z } from "zod";
import { expectedGot, printedJson } from "../errors/index.ts";
import { HttpError } from "./http-error.ts";

/**
 * The body of a request as a schema wants it.
 *
 * Another content type than JSON is refused: a form, which any page may send, must not pass for it.
 *
 * @param schema - Perhaps chosen by what the body has.
 * @throws HttpError 415 `server/not-json` for another type; 400 `server/not-json` for what is no JSON; 422 `server/bad-body` for what the
 *   schema refuses.
 */
export async function readJson<Schema extends z.ZodType>(
  { req }: Context,
  schema: Schema | ((body: unknown) => Schema),
): Promise<z.output<Schema>> {
  const type = req.header("content-type");
  if (!/^application\/json\s*(;|$)/i.test(type ?? "")) {
    const hint = "Send the header Content-Type: application/json.";
    throw new HttpError(415, expectedGot("server/not-json", "the request", "a body of JSON", type ?? "no content type", hint));
  }
  const text = await req.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new HttpError(400, expectedGot("server/not-json", "the body", "JSON", (error as Error).message));
  }
  return checked(typeof schema === "function" ? schema(body) : schema, body);
}

function checked<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const { success, data, error } = schema.safeParse(body);
  if (success) return data;
  // a misspelt key is the reason why another one is missing
  const issue = error.issues.find(({ code }) => code === "unrecognized_keys") ?? error.issues[0];
  const path = issue.path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  const where = path === "" ? "the body" : `the body's ${path.replace(/^\./, "")}`;
  if (issue.code === "unrecognized_keys") {
    throw new HttpError(422, expectedGot("server/bad-body", where, "keys that openapi.json has", issue.keys.join(", ")));
  }
  const got = issue.path.reduce<unknown>((value, part) => (value as Record<PropertyKey, unknown>)?.[part], body);
  const rule = issue.message.replace(/^Invalid input: expected |^Invalid input: |^Too (big|small): expected |^expected /, "");
  throw new HttpError(
    422,
    expectedGot("server/bad-body", where, rule.replace(/, received .*$/, ""), printedJson(got) ?? "nothing"),
  );
}
