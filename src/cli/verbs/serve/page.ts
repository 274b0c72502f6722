import { html } from "hono/html";
import { escapeControls } from "../../../errors/index.ts";
import type { ModelFacts } from "./model-messages.ts";

/** The page at `/`: what can be asked, with a line to try it. */
export function page(name: string, url: string, { task }: ModelFacts, example: object, secured: boolean) {
  const token = secured ? ' -H "Authorization: Bearer $CRISP_TOKEN"' : "";
  const body = JSON.stringify(example).replaceAll("'", "'\\''");
  const title = escapeControls(name);
  const curl = `curl ${url}predict${token} -H 'Content-Type: application/json' -d '${body}'`;
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title} · crisp serve</title>
<h1>${title}</h1>
<p>A model of the task ${task}, served by crisp.</p>
<pre>${curl}</pre>
<dl>
<dt><code>POST /predict</code><dd>an answer for each text, as <code>crisp predict</code> gives it
<dt><a href="/openapi.json"><code>GET /openapi.json</code></a><dd>what requests and answers look like, OpenAPI 3.1
<dt><a href="/metrics"><code>GET /metrics</code></a><dd>figures in Prometheus's text format
<dt><a href="/healthz"><code>GET /healthz</code></a><dd>whether the process lives
<dt><a href="/readyz"><code>GET /readyz</code></a><dd>whether requests are answered
</dl>
</html>`;
}
