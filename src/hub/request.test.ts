import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { repository } from "./repository.ts";
import { request } from "./request.ts";
import { hubSettings } from "./settings-node.ts";

const subject = { repo: repository("model", "ada/tiny") };
const listening = (server: Server): Promise<string> =>
  new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)),
  );

test("a hub that cannot be connected to from the start is tried once more, and said within two seconds", async () => {
  const server = createServer();
  const endpoint = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  const started = performance.now();
  await assert.rejects(
    request({ settings: hubSettings({ HF_ENDPOINT: endpoint }) }, `${endpoint}/api/models/ada/tiny`, { subject }),
    {
      code: "hub/unreachable",
      message: /^ada\/tiny: expected an answer from http:\S+, got connect ECONNREFUSED \S+, 2 times\. Check the connection/,
    },
  );
  assert.ok(performance.now() - started < 2000);
});

test("one that has answered before is tried with all patience", async () => {
  const waits: number[] = [];
  const server = createServer((_, response) => response.writeHead(503).end(() => server.close()));
  const endpoint = await listening(server);
  const settings = { ...hubSettings({ HF_ENDPOINT: endpoint }), sleep: async (ms: number) => void waits.push(ms) };
  server.on("connection", (socket) => socket.unref());
  await assert.rejects(request({ settings }, `${endpoint}/api/models/ada/tiny`, { subject, headers: { connection: "close" } }), {
    code: "hub/unreachable",
    message: /6 times/,
  });
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 8000]);
});
