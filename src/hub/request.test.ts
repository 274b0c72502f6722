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

test("an answer that does not end is refused after 16 MB, at once and without another try", async (context) => {
  let asked = 0;
  const piece = Buffer.alloc(1 << 20, " ");
  const server = createServer((_, response) => {
    asked++;
    let sent = 0;
    // it ends after 64 MB, so that whoever reads on is found and does not fill the memory
    const more = (): void => void (!response.destroyed && (sent++ < 64 ? response.write(piece, more) : response.end()));
    more();
  });
  const endpoint = await listening(server);
  context.after(() => server.close());
  const settings = hubSettings({ HF_ENDPOINT: endpoint });
  await assert.rejects(request({ settings }, `${endpoint}/api/models/ada/tiny`, { subject, whole: true }), {
    code: "hub/too-large",
    message: /^ada\/tiny: expected an answer of at most 16 MB from http:\S+, got a longer one\. Is HF_ENDPOINT/,
  });
  assert.equal(asked, 1);
});

test("a token never goes over plain http to another machine, unless the user insists", async () => {
  const endpoint = "http://mirror.invalid:8080";
  const ask = (env: Record<string, string>) =>
    request({ settings: hubSettings({ HF_ENDPOINT: endpoint, HF_TOKEN: "hf_secret", ...env }) }, `${endpoint}/api`, {
      subject,
      retries: 0,
    });
  await assert.rejects(ask({}), {
    code: "hub/token-in-clear",
    message:
      /^ada\/tiny: expected https, as a token goes with it, got http:\/\/mirror\.invalid:8080\. Give HF_ENDPOINT with https; or /,
  });
  for (const name of ["CRISP_TOKEN_OVER_HTTP", "HF_HUB_DISABLE_IMPLICIT_TOKEN"])
    await assert.rejects(ask({ [name]: "1" }), { code: "hub/unreachable" });
});

test("this machine may be asked over plain http, under each of its names", async (context) => {
  const tokens: (string | undefined)[] = [];
  const server = createServer(({ headers }, response) => {
    tokens.push(headers.authorization);
    response.end("{}");
  });
  const { port } = new URL(await listening(server));
  context.after(() => server.close());
  for (const host of ["localhost", "127.0.0.1", "127.1"]) {
    const endpoint = `http://${host}:${port}`;
    await request({ settings: hubSettings({ HF_ENDPOINT: endpoint, HF_TOKEN: "hf_secret" }) }, `${endpoint}/api`, { subject });
  }
  assert.deepEqual(tokens, Array(3).fill("Bearer hf_secret"));
});

test("a redirect to another host is followed without the token, and back home with it", async (context) => {
  const seen: string[] = [];
  const away = createServer(({ headers, url }, response) => {
    seen.push(`away ${url} ${headers.authorization}`);
    response.writeHead(302, { Location: `${home}/end` }).end();
  });
  const server = createServer(({ headers, url }, response) => {
    seen.push(`home ${url} ${headers.authorization}`);
    if (url === "/end") response.end("{}");
    else response.writeHead(302, { Location: `${other}/there` }).end();
  });
  const [home, other] = [await listening(server), (await listening(away)).replace("127.0.0.1", "localhost")];
  context.after(() => [server, away].map((each) => each.close()));
  await request({ settings: hubSettings({ HF_ENDPOINT: home, HF_TOKEN: "hf_secret" }) }, `${home}/start`, {
    subject,
    whole: true,
  });
  assert.deepEqual(seen, ["home /start Bearer hf_secret", "away /there undefined", "home /end Bearer hf_secret"]);
});
