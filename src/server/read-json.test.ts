import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { ask, codeOf } from "./ask.fixture.ts";
import { readJson } from "./read-json.ts";
import { startServer } from "./server-node.ts";

test("a body is JSON of the schema's shape under its own content type; anything else says what is wrong", async (t) => {
  const schema = z.strictObject({ text: z.string() });
  const server = await startServer({ port: 0 }, (app) =>
    app.post("/", async (context) => context.text((await readJson(context, schema)).text)),
  );
  t.after(() => server.stop());
  const post = (body: string, type = "application/json") =>
    ask(server.url, { method: "POST", body, headers: { "Content-Type": type } });
  assert.equal((await post('{"text":"hello"}')).text, "hello");
  assert.equal((await post('{"text":"hello"}', "Application/JSON; charset=utf-8")).text, "hello");
  // a form of any page could carry both of these without a preflight
  for (const type of ["text/plain", "application/x-www-form-urlencoded"]) {
    const answer = await post('{"text":"hello"}', type);
    assert.deepEqual([answer.status, codeOf(answer)], [415, "server/not-json"]);
  }
  for (const body of ["", "{", '{"text":']) {
    const answer = await post(body);
    assert.deepEqual([answer.status, codeOf(answer)], [400, "server/not-json"]);
  }
  for (const body of ["{}", "[]", '{"text":1}', '{"text":"a","other":1}', '{"text":null}']) {
    const answer = await post(body);
    assert.deepEqual([answer.status, codeOf(answer)], [422, "server/bad-body"], body);
  }
  assert.match(JSON.parse((await post('{"text":1}')).text).error.message, /^the body's text: expected string, got 1\.$/);
});
