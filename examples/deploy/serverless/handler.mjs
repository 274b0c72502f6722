// A saved classifier as a function, in the form that AWS Lambda calls behind a function URL or API Gateway (payload 2.0). Others differ in the
// shape of `event` alone. CRISP_MODEL names the model's folder. See docs/deploy.md.
import { Classifier } from "crisp-attention";

const MOST_TEXTS = 64;

// Loaded once for each instance, while it starts, which platforms do not bill or time like a call.
const model = await Classifier.load(process.env.CRISP_MODEL ?? "model");
// compiles the graph, which the first call would wait for
await model.evaluate([]);

/** `{"texts": ["where is my refund?"]}` → `{"answers": [[{"label": "billing", "score": 0.97}]]}` */
export async function handler(event) {
  const texts = textsOf(event);
  if (!texts) return answer(422, { error: { code: "bad-body", message: `expected {"texts": [1 to ${MOST_TEXTS} texts]}` } });
  try {
    return answer(200, { answers: await model.predict(texts) });
  } catch (error) {
    if (error.code !== "model/needs-pairs") throw error;
    return answer(422, { error: { code: error.code, message: error.message } });
  }
}

function textsOf({ body = "", isBase64Encoded = false }) {
  try {
    const { texts } = JSON.parse(isBase64Encoded ? Buffer.from(body, "base64").toString("utf8") : body);
    const fine = Array.isArray(texts) && texts.length > 0 && texts.length <= MOST_TEXTS;
    return fine && texts.every((text) => typeof text === "string" && text.trim() !== "") ? texts : undefined;
  } catch {
    return undefined;
  }
}

const answer = (statusCode, body) => ({
  statusCode,
  headers: { "Content-Type": "application/json", "Cache-Control": "no-store" },
  body: JSON.stringify(body),
});
