import { html } from "hono/html";
import { escapeControls } from "../../../errors/index.ts";
import { predictPath, type ServedModel } from "./served-model.ts";

/** The page at `/`: what can be asked, with a line to try it. */
export function page(models: readonly ServedModel[], url: string, secured: boolean) {
  const [{ name, facts, schemas }, ...others] = models;
  const token = secured ? ' -H "Authorization: Bearer $CRISP_TOKEN"' : "";
  const body = JSON.stringify(schemas.examples[0]).replaceAll("'", "'\\''");
  const title = escapeControls(name);
  const curl = `curl ${url}predict${token} -H 'Content-Type: application/json' -d '${body}'`;
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title} · crisp serve</title>
<h1>${title}</h1>
<p>A model of the task ${facts.task}, served by crisp.</p>
<pre>${curl}</pre>
<dl>
<dt><code>POST /predict</code><dd>an answer for each text, as <code>crisp predict</code> gives it
${others.map(
  ({
    name: other,
    facts: { task },
  }) => html`<dt><code>POST ${escapeControls(predictPath(other))}</code><dd>the same by a model of the task ${task}
`,
)}<dt><a href="/models"><code>GET /models</code></a><dd>the models that answer
<dt><a href="/openapi.json"><code>GET /openapi.json</code></a><dd>what requests and answers look like, OpenAPI 3.1
<dt><a href="/metrics"><code>GET /metrics</code></a><dd>figures in Prometheus's text format
<dt><a href="/healthz"><code>GET /healthz</code></a><dd>whether the process lives
<dt><a href="/readyz"><code>GET /readyz</code></a><dd>whether requests are answered
</dl>
</html>`;
}
