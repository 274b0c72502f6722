import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { expectedGot } from "../errors/index.ts";
import { hostNames } from "./addresses-node.ts";
import { ask, askRaw, codeOf } from "./ask.fixture.ts";
import { HttpError } from "./http-error.ts";
import { type AnsweredRequest, type App, type ServerSettings, startServer } from "./server-node.ts";

const TOKEN = "a token of this test".replaceAll(" ", "-");

async function started(context: TestContext, settings: Partial<ServerSettings> = {}, routes: (app: App) => void = () => {}) {
  const server = await startServer({ port: 0, ...settings }, (app) => {
    app.get("/", ({ text }) => text("hello"));
    app.post("/echo", async ({ req, text }) => text(await req.text()));
    routes(app);
  });
  context.after(() => server.stop());
  return server;
}

test("a Host of another name is refused, for reading too; this machine's names pass, with any port", async (t) => {
  const { url } = await started(t);
  for (const host of [
    "evil.example",
    "evil.example:80",
    "127.0.0.1.evil.example",
    "localhost.",
    "localhost@evil.example",
    "0.0.0.0",
  ]) {
    const answer = await ask(url, { headers: { Host: host } });
    assert.ok([400, 403].includes(answer.status), `${host}: ${answer.status}`);
    assert.match(codeOf(answer), /^server\/(foreign-host|malformed)$/, host);
    assert.doesNotMatch(answer.text, /127\.0\.0\.1(?!\.evil)|::1/, "names of this machine are not given away");
  }
  for (const Host of ["localhost", "LOCALHOST:1", "127.0.0.1:8080", "[::1]:80"])
    assert.equal((await ask(url, { headers: { Host } })).text, "hello", Host);
});

test("a Host that is allowed passes", async (t) => {
  const { url } = await started(t, { allowedHosts: ["Models.Example"] });
  assert.equal((await ask(url, { headers: { Host: "models.example:443" } })).status, 200);
});

test("names to allow that no Host can have are refused at the start", async () => {
  for (const name of ["models.example:443", "https://models.example", "*.models.example", "*", "a b", "models.example/", ""])
    await assert.rejects(
      startServer({ port: 0, allowedHosts: [name] }, () => {}),
      { code: "server/bad-host-name" },
      name,
    );
});

test("all interfaces are so however they are written, and this machine's names pass", async (t) => {
  for (const host of ["0.0.0.0", "0", ""]) {
    const { port } = await started(t, { host, token: TOKEN });
    const headers = { Host: `localhost:${port}`, Authorization: `Bearer ${TOKEN}` };
    assert.equal((await ask(`http://127.0.0.1:${port}/`, { headers })).status, 200, host);
  }
  assert.ok(["::", "::0"].every((host) => hostNames(host).has("localhost")));
  assert.ok(!hostNames("192.0.2.1").has("localhost"));
});

test("pages of another origin are refused, for reading too; the server's own pages, typed addresses and programs pass", async (t) => {
  const { url, port } = await started(t);
  const foreign = ["https://evil.example", "null", `http://localhost:${port + 1}`, `http://127.0.0.1:${port}.evil.example`];
  for (const Origin of foreign) assert.equal(codeOf(await ask(url, { headers: { Origin } })), "server/foreign-origin", Origin);
  for (const site of ["cross-site", "same-site"]) {
    const answer = await ask(url, { headers: { "Sec-Fetch-Site": site } });
    assert.deepEqual([answer.status, codeOf(answer)], [403, "server/foreign-origin"]);
  }
  const own = { Origin: `http://127.0.0.1:${port}`, "Sec-Fetch-Site": "same-origin" };
  for (const headers of [own, { "Sec-Fetch-Site": "none" }]) assert.equal((await ask(url, { headers })).status, 200);
});

test("with a token, requests without it or with another one are refused, and open paths need none", async (t) => {
  const { url } = await started(t, { token: TOKEN, open: ["/healthz"] }, (app) => app.get("/healthz", ({ text }) => text("ok")));
  const wrong: Record<string, string>[] = [
    {},
    { Authorization: `Bearer ${TOKEN}x` },
    { Authorization: `Bearer ${TOKEN.slice(1)}` },
    { Authorization: TOKEN },
  ];
  for (const headers of wrong) {
    const answer = await ask(url, { headers });
    assert.deepEqual([answer.status, codeOf(answer), answer.headers["www-authenticate"]], [401, "server/no-access", "Bearer"]);
    assert.ok(!answer.text.includes(TOKEN));
  }
  assert.equal((await ask(url, { headers: { Authorization: `Bearer ${TOKEN}` } })).text, "hello");
  assert.equal((await ask(new URL("healthz", url))).text, "ok");
  assert.equal((await ask(`${url}?token=${TOKEN}`)).status, 401, "the token itself stays out of addresses");
});

test("an address to sign in is good for one browser, and gives a cookie that scripts and other sites never get", async (t) => {
  const { signInUrl, url, port } = await started(t, { token: TOKEN });
  const address = signInUrl();
  const answer = await ask(address);
  assert.deepEqual([answer.status, answer.headers.location], [303, "/"]);
  const [cookie] = answer.headers["set-cookie"]!;
  assert.match(cookie, new RegExp(`^crisp_${port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`));
  const [pair] = cookie.split(";");
  assert.equal((await ask(url, { headers: { Cookie: pair } })).text, "hello");
  assert.equal((await ask(url, { headers: { Cookie: `${pair}x` } })).status, 401);
  assert.equal((await ask(address)).status, 401, "used before");
  assert.equal((await ask(signInUrl())).status, 303, "another one");
});

test("an address that other machines reach needs a token, and a token is long", async () => {
  const start = (settings: Partial<ServerSettings>) => startServer({ port: 0, ...settings }, () => {});
  for (const host of ["0.0.0.0", "::", "192.168.1.2", "models.example"])
    await assert.rejects(start({ host }), { code: "server/needs-token" });
  for (const host of ["0", "::0", ""]) await assert.rejects(start({ host }), { code: "server/needs-token" }, host);
  await assert.rejects(start({ token: "" }), { code: "server/weak-token", message: /CRISP_TOKEN: expected at least 16 char/ });
  await assert.rejects(start({ token: "short" }), { code: "server/weak-token" });
  await assert.rejects(start({ token: "a token with spaces in it" }), { code: "server/weak-token" });
});

test("a body above the limit is refused before a route sees it, with a length and without one", async (t) => {
  let seen = 0;
  const { url } = await started(t, { maxBodyBytes: 1000 }, (app) =>
    app.post("/big", async ({ req, text }) => {
      seen++;
      return text(String((await req.text()).length));
    }),
  );
  const big = new URL("big", url);
  for (const body of ["x".repeat(1001), ["x".repeat(600), "x".repeat(600)]]) {
    const answer = await ask(big, { method: "POST", body });
    assert.deepEqual([answer.status, codeOf(answer), seen], [413, "server/body-too-large", 0]);
  }
  assert.equal((await ask(big, { method: "POST", body: "x".repeat(1000) })).text, "1000");
  assert.equal((await ask(big, { method: "POST", body: ["x".repeat(500), "x".repeat(500)] })).text, "1000");
});

test("bodies of open requests are bounded together: beyond, 503 with the time of the next try, until one is answered", async (t) => {
  const release = Promise.withResolvers<void>();
  let seen = 0;
  const { url } = await started(t, { maxBodyBytes: 1000, maxHeldBytes: 1500 }, (app) =>
    app.post("/slow", async ({ req, text }) => {
      seen += (await req.text()).length;
      await release.promise;
      return text("done");
    }),
  );
  const slow = (body: string | string[]) => ask(new URL("slow", url), { method: "POST", body });
  const first = slow("x".repeat(600));
  while (seen < 600) await new Promise((resolve) => setTimeout(resolve, 5));
  for (const body of ["x".repeat(901), ["of a length that nobody knows"]]) {
    const busy = await slow(body);
    assert.deepEqual([busy.status, codeOf(busy), busy.headers["retry-after"]], [503, "server/busy", "1"]);
  }
  assert.equal((await slow("x".repeat(1001))).status, 413, "which no time makes smaller");
  const second = slow("x".repeat(900));
  assert.equal((await ask(url)).text, "hello", "what has no body needs no room");
  release.resolve();
  assert.deepEqual([(await first).text, (await second).text], ["done", "done"]);
  assert.equal((await slow("x".repeat(1000))).text, "done");
});

test("connections beyond the bound are closed unanswered", async (t) => {
  const { port } = await started(t, { maxConnections: 1 });
  const held = connect(port, "127.0.0.1");
  t.after(() => held.destroy());
  await once(held, "connect");
  assert.equal(await askRaw(port, `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`).catch(() => ""), "");
});

test("headers and bodies that do not come in time end with 408, and others are answered meanwhile", async (t) => {
  const errors: unknown[] = [];
  const { port, url } = await started(t, { requestTimeoutMs: 400, onError: (error) => errors.push(error) });
  const host = `Host: 127.0.0.1:${port}\r\n`;
  const slow = [`GET / HTTP/1.1\r\n${host}X-Slow:`, `POST /echo HTTP/1.1\r\n${host}Content-Length: 10\r\n\r\nhalf`];
  const start = performance.now();
  const answers = Promise.all(slow.map((bytes) => askRaw(port, bytes)));
  assert.equal((await ask(url)).text, "hello");
  for (const answer of await answers) assert.match(answer, /^HTTP\/1\.1 408 .*"code":"server\/too-slow"/s);
  assert.ok(performance.now() - start >= 400);
  assert.deepEqual(errors, [], "which is the client's doing");
});

test("what is no HTTP is an error in the same words", async (t) => {
  const { port } = await started(t);
  for (const bytes of ["nonsense\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n"])
    assert.match(await askRaw(port, bytes), /^HTTP\/1\.1 400 /, bytes);
  assert.match(await askRaw(port, `GET /${"x".repeat(20_000)} HTTP/1.1\r\n\r\n`), /^HTTP\/1\.1 431 .*"server\/malformed"/s);
});

test("what is no HTTP behind an open request does not take its answer", async (t) => {
  const release = Promise.withResolvers<void>();
  t.after(() => release.resolve());
  const { port } = await started(t, {}, (app) =>
    app.get("/slow", async ({ text }) => {
      await release.promise;
      return text("done");
    }),
  );
  const first = `GET /slow HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
  assert.equal(await askRaw(port, `${first}nonsense\r\n\r\n`), "");
});

test("errors keep their words and status; of unforeseen ones the client learns nothing", async (t) => {
  const errors: unknown[] = [];
  const { url } = await started(t, { onError: (error) => errors.push(error) }, (app) => {
    app.get("/busy", () => {
      throw new HttpError(503, expectedGot("test/busy", "it", "time", "none"), { "Retry-After": "1" });
    });
    app.get("/broken", () => {
      throw new Error("a secret file");
    });
  });
  const busy = await ask(new URL("busy", url));
  assert.deepEqual([busy.status, busy.headers["retry-after"]], [503, "1"]);
  assert.deepEqual(JSON.parse(busy.text), { error: { code: "test/busy", message: "it: expected time, got none." } });
  const broken = await ask(new URL("broken", url));
  assert.deepEqual([broken.status, codeOf(broken)], [500, "server/unexpected"]);
  assert.ok(!broken.text.includes("secret"));
  assert.deepEqual(
    errors.map((error) => (error as Error).message),
    ["a secret file"],
  );
  const missing = await ask(new URL("nothing", url));
  assert.deepEqual([missing.status, codeOf(missing)], [404, "server/not-found"]);
  const wrong = await ask(new URL("echo", url));
  assert.deepEqual([wrong.status, codeOf(wrong), wrong.headers.allow], [405, "server/wrong-method", "POST"]);
});

test("every answer forbids foreign scripts, frames, guesses of its type and caches", async (t) => {
  const { url } = await started(t);
  for (const path of ["", "nothing"]) {
    const { headers } = await ask(new URL(path, url));
    assert.match(headers["content-security-policy"] as string, /default-src 'none'.*frame-ancestors 'none'/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["cross-origin-resource-policy"], "same-origin");
    assert.equal(headers["referrer-policy"], "no-referrer");
    assert.equal(headers["cache-control"], "no-store");
    assert.equal(headers["access-control-allow-origin"], undefined);
  }
});

test("each request is told once, without what follows its path", async (t) => {
  const told: AnsweredRequest[] = [];
  const { url } = await started(t, { token: TOKEN, onAnswered: (request) => told.push(request) });
  await ask(`${url}?token=guess`);
  await ask(url, { headers: { Authorization: `Bearer ${TOKEN}` } });
  assert.deepEqual(
    told.map(({ method, path, status }) => [method, path, status]),
    [
      ["GET", "/", 401],
      ["GET", "/", 200],
    ],
  );
  assert.ok(!JSON.stringify(told).includes("guess"));
  assert.equal(told[0].remote, "127.0.0.1");
});

test("a stop answers what is open, refuses new connections, and waits no longer than it may", async (t) => {
  const release = Promise.withResolvers<void>();
  const seen = Promise.withResolvers<void>();
  const { url, stop } = await started(t, { stopWithinMs: 5000 }, (app) =>
    app.get("/slow", async ({ text }) => {
      seen.resolve();
      await release.promise;
      return text("done");
    }),
  );
  const open = ask(new URL("slow", url));
  await seen.promise;
  const stopped = stop();
  await assert.rejects(ask(url), { code: "ECONNREFUSED" });
  release.resolve();
  assert.equal((await open).text, "done");
  await stopped;

  const asked = Promise.withResolvers<void>();
  const endless = await started(t, { stopWithinMs: 50 }, (app) =>
    app.get("/endless", () => {
      asked.resolve();
      return new Promise<Response>(() => {});
    }),
  );
  const cut = assert.rejects(ask(new URL("endless", endless.url)), { code: "ECONNRESET" });
  await asked.promise;
  await endless.stop();
  await cut;
});

test("a port that is taken and an address of another machine are errors that name the option", async (t) => {
  const { port } = await started(t);
  await assert.rejects(
    startServer({ port }, () => {}),
    { code: "server/port", message: /^--port: expected a free port/ },
  );
  const host = "203.0.113.1"; // reserved for documentation
  await assert.rejects(
    startServer({ host, port: 0, token: TOKEN }, () => {}),
    { code: "server/host" },
  );
});
