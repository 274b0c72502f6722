import { z } from "zod";
import type { ModelFacts, ServedInput } from "./model-messages.ts";

/** What requests and answers look like; openapi.json is made of the same schemas that check them. */
export interface Schemas {
  /** Of one text or image: `{ "text": … }`, `{ "image": … }`. */
  readonly one: z.ZodType<ServedInput[]>;
  /** Of several: `{ "texts": […] }`, `{ "images": […] }`. */
  readonly many: z.ZodType<ServedInput[]>;
  /** The schema for a body, by what it has. */
  of(body: unknown): z.ZodType<ServedInput[]>;
  readonly answers: z.ZodType;
  readonly error: z.ZodType;
  /** Bodies that the model takes. */
  readonly examples: readonly object[];
}

const image = z.base64("expected the bytes of an image in base64").min(1, "expected the bytes of an image in base64");
const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));

/**
 * @param maxTexts - Texts (images) of one request.
 * @param maxTextLength - Characters of a text, for the description: `checkLengths` refuses longer ones with their place.
 */
export function schemasOf(facts: ModelFacts, maxTexts: number, maxTextLength: number): Schemas {
  const { one, item, names, examples } = facts.reads === "images" ? imageShapes : textShapes(facts, maxTextLength);
  const many = z
    .strictObject({ [names]: z.array(item).min(1).max(maxTexts) })
    .transform((body): ServedInput[] => Object.values(body).flat() as ServedInput[]);
  return {
    one,
    many,
    of: (body) => (typeof body === "object" && body !== null && names in body ? many : one),
    answers: answersOf(facts.fields),
    error: z.strictObject({ error: z.strictObject({ code: z.string(), message: z.string() }) }),
    examples,
  };
}

interface Shapes {
  readonly one: z.ZodType<ServedInput[]>;
  readonly item: z.ZodType<ServedInput>;
  readonly names: string;
  readonly examples: readonly object[];
}

const imageShapes: Shapes = {
  one: z.strictObject({ image }).transform((body): ServedInput[] => [bytesOf(body.image)]),
  item: image.transform(bytesOf),
  names: "images",
  examples: [{ image: "iVBORw0KGgo…" }],
};

function textShapes({ pairs, ofWords }: ModelFacts, maxLength: number): Shapes {
  const text = z.string().regex(/\S/, "expected a text that is not empty").meta({ maxLength });
  const words = z.array(text).min(1);
  const single = ofWords ? z.union([text, words], "expected a text, or the list of its words") : text;
  const plain = z.strictObject({ text: single });
  const paired = z.strictObject({ text, pair: pairs === "always" ? text : text.optional() });
  const object = pairs === "never" ? plain : paired;
  const input = (body: { text: string | string[]; pair?: string }): ServedInput =>
    typeof body.text === "string" ? (body as ServedInput) : { text: body.text.join(" "), words: body.text };
  const one = object.transform((body): ServedInput[] => [input(body)]);
  const example = { text: "where is my refund?" };
  if (pairs === "always") {
    const pair = { ...example, pair: "Refunds take five days." };
    return { one, item: object.transform(input), names: "texts", examples: [pair, { texts: [pair] }] };
  }
  const what = `expected a text, or an object with it${ofWords ? ", or the list of its words" : ""}`;
  const item = z.union([single, object], what).transform((given) => {
    return input(typeof given === "string" || Array.isArray(given) ? { text: given } : given);
  });
  return { one, item, names: "texts", examples: [example, { texts: [example.text, "it broke"] }] };
}

const label = z.object({ label: z.string(), score: z.number() });

/** Types of the fields that answers may have, see `TaskAnswer.printed`. */
const FIELDS: Readonly<Record<string, z.ZodType>> = {
  label: z.string().nullable().describe("The most probable label; null where it is less probable than the threshold."),
  score: z.number().describe("Its probability; of a model of numbers the number itself."),
  labels: z.array(label).describe("Labels with their probabilities, best first."),
  words: z.array(label.extend({ word: z.string() })).describe("A label for each word."),
  embedding: z.array(z.number()).describe("The text as a vector of length 1."),
};

function answersOf(fields: readonly string[]): z.ZodType {
  const known = Object.fromEntries(fields.map((name) => [name, (FIELDS[name] ?? z.unknown()).optional()]));
  const truncated = z.literal(true).optional().describe("The text was longer than the model reads, and cut.");
  const answers = z.array(z.strictObject({ ...known, truncated }));
  return z.strictObject({ answers: answers.describe("One for each text, in the same order.") });
}
