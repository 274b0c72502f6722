import { z } from "zod";
import { VERSION } from "../../../api/index.ts";
import { predictPath, type ServedModel } from "./served-model.ts";

/**
 * The description of the endpoints for programs, OpenAPI 3.1.
 *
 * @param models - The first one answers at /predict too.
 * @param secured - Whether requests need the token.
 */
export function openApi(models: readonly ServedModel[], secured: boolean): object {
  const refused = (description: string) => ({ description, content: jsonOf({ $ref: "#/components/schemas/Error" }) });
  const everywhere = {
    ...(secured && { 401: refused("The token is missing, or another one.") }),
    403: refused("The request comes from a page of another site, or names another host."),
  };
  const open = secured ? { security: [] } : {};
  const plain = (summary: string, type: string, more = {}) => ({
    get: { summary, ...more, responses: { 200: { description: "OK", content: { [type]: {} } }, 403: everywhere[403] } },
  });
  const predict = ({ schemas: { one, many, examples } }: ServedModel, model: number) => ({
    post: {
      summary: "Classify texts as crisp predict does.",
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: { oneOf: [schemaOf(one), schemaOf(many)] },
            examples: Object.fromEntries(examples.map((value, at) => [["one", "several"][at], { value }])),
          },
        },
      },
      responses: {
        200: { description: "An answer for each text.", content: jsonOf({ $ref: `#/components/schemas/${answersName(model)}` }) },
        400: refused("The body is no JSON."),
        ...everywhere,
        408: refused("The request did not come in time."),
        413: refused("The body is too large."),
        415: refused("The body has another content type than application/json."),
        422: refused("The body is not what the model takes."),
        503: {
          ...refused("Too many texts wait already, or the open requests are too large together."),
          headers: { "Retry-After": { description: "Seconds until the next try.", schema: { type: "integer" } } },
        },
      },
    },
  });
  const [{ name, schemas }] = models;
  return {
    openapi: "3.1.0",
    info: { title: `${name}, served by crisp`, version: VERSION },
    ...(secured && { security: [{ token: [] }] }),
    paths: {
      "/predict": predict(models[0], 0),
      ...Object.fromEntries(models.map((model, at) => [predictPath(model.name), predict(model, at)])),
      "/models": plain("The models that answer, and their paths.", "application/json"),
      "/healthz": plain("Whether the process lives.", "text/plain", open),
      "/readyz": plain("Whether requests are answered.", "text/plain", open),
      "/metrics": plain("Figures in Prometheus's text format.", "text/plain"),
      "/openapi.json": plain("This description.", "application/json"),
    },
    components: {
      schemas: {
        ...Object.fromEntries(models.map((model, at) => [answersName(at), schemaOf(model.schemas.answers)])),
        Error: schemaOf(schemas.error),
      },
      ...(secured && { securitySchemes: { token: { type: "http", scheme: "bearer" } } }),
    },
  };
}

/** Models of different tasks answer with different fields. */
const answersName = (model: number): string => (model === 0 ? "Answers" : `Answers${model + 1}`);

const jsonOf = (schema: object) => ({ "application/json": { schema } });

/** Of what is sent, before it becomes anything else. */
function schemaOf(schema: z.ZodType): object {
  const { $schema: _, ...own } = z.toJSONSchema(schema, { target: "draft-2020-12", io: "input" });
  return own;
}
