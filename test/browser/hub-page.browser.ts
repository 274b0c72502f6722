// The example page loads a pretrained encoder from a hub on this machine: `npm run test:browser`.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { build } from "vite";
import { headers, headersFor } from "../../examples/browser/headers.ts";
import { type Fault, type HubServer, startHubServer } from "../hub/hub-server.fixture.ts";
import { noise } from "../hub/hub-world.fixture.ts";
import { writeTinyModel } from "../tiny-model.fixture.ts";
import { seriousFindings } from "./axe.ts";
import { launchChromium } from "./chromium.ts";
import { serve } from "./serve.ts";

const root = join(import.meta.dirname, "../..");
const screenshots = join(root, ".cache/screenshots");
const built = join(root, ".cache/browser-example-hub");
const work = mkdtempSync(join(tmpdir(), "crisp-hub-page-"));
const id = "ada/tiny";
const weights = "model.safetensors";

let hub: HubServer;
let stranger: Server;
let strangerAsked = 0;
let strangerUrl = "";
let server: Awaited<ReturnType<typeof serve>>;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** What the page and its workers asked for, but for what they were built of. */
const asked: string[] = [];
const problems: string[] = [];

before(async () => {
  mkdirSync(screenshots, { recursive: true });
  const folder = writeTinyModel(join(work, "model"), 0.3, 1);
  const file = (name: string): Buffer => readFileSync(join(folder, name));
  const small = { "config.json": file("config.json"), "tokenizer.json": file("tokenizer.json") };
  hub = await startHubServer({
    repos: [
      { type: "model", id, folder },
      { type: "model", id: "ada/gated", folder, gated: true },
      { type: "model", id: "ada/decoder", files: { ...small, "config.json": '{"model_type":"gpt2"}', [weights]: noise(900) } },
      { type: "model", id: "ada/pickled", files: { ...small, "pytorch_model.bin": noise(900) } },
      { type: "model", id: "ada/no-tokenizer", files: { "config.json": file("config.json"), [weights]: noise(900) } },
      { type: "model", id: "ada/damaged", files: { ...small, "config.json": "{", [weights]: noise(900) } },
    ],
  });
  stranger = createServer((_, response) => {
    strangerAsked++;
    response.writeHead(200, { "Access-Control-Allow-Origin": "*" }).end("{}");
  });
  await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
  strangerUrl = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
  // read by the page's configuration, as whoever builds it for another hub sets it
  process.env.HF_ENDPOINT = hub.url;
  await build({
    configFile: join(root, "examples/browser/vite.config.ts"),
    logLevel: "warn",
    build: { outDir: built, emptyOutDir: true },
  });
  delete process.env.HF_ENDPOINT;
  server = await serve(built, headersFor([hub.url, hub.cdnUrl]));
  browser = await launchChromium();
});
after(async () => {
  await browser?.close();
  server?.close();
  stranger?.close();
  await hub?.close();
  rmSync(work, { recursive: true, force: true });
});

/** A page of a profile that has nothing, with the example data and the hub's field open. */
async function fresh(query = "", url = server.url): Promise<void> {
  await context?.close();
  context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  page = await context.newPage();
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("request", (request) => !/^(blob|data):/.test(request.url()) && asked.push(request.url()));
  await page.goto(`${url}${query}`);
  await page.check("input[name=model][value=hub]");
}
beforeEach(() => {
  hub.faults.length = 0;
  hub.requests.length = 0;
  asked.length = 0;
});

const find = async (name: string): Promise<void> => {
  await page.fill("#hub-name", name);
  await page.click("#hub-find");
};
const shown = async (what: string): Promise<void> => page.locator(what).waitFor({ timeout: 30_000 });
const text = (what: string): Promise<string> => page.locator(what).innerText();
const status = (): Promise<string> => text("#hub-status");
/** Everything that the browser keeps of hubs. */
const cached = (): Promise<string[]> =>
  page.evaluate(async () => (await (await caches.open("crisp-hub")).keys()).map(({ url }) => new URL(url).pathname));
async function until(what: string, holds: () => Promise<boolean>, seconds = 60): Promise<void> {
  const end = Date.now() + 1000 * seconds;
  while (!(await holds())) {
    const error = page.locator("#error");
    if (await error.isVisible()) throw new Error(await error.innerText());
    if (Date.now() > end) throw new Error(`expected within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
const isTrained = async (): Promise<boolean> => (await text("#status")).startsWith("Done");

async function train(epochs = 1): Promise<void> {
  await page.click("#example");
  await page.locator("#advanced").evaluate((details) => details.setAttribute("open", ""));
  await page.selectOption("#device", "wasm");
  await page.fill("#epochs", String(epochs));
  await page.click("#start");
}

test("before a click nothing is asked of the hub; then its size and family are said, before the weights come", async () => {
  await fresh();
  assert.equal(await page.locator("#hub-name").inputValue(), "sentence-transformers/all-MiniLM-L6-v2");
  assert.match(await status(), /^Its size is asked of 127\.0\.0\.1:\d+ first\.$/);
  assert.deepEqual(hub.requests, []);
  await page.fill("#hub-name", id);
  // Enter looks up, and starts no training
  await page.press("#hub-name", "Enter");
  await shown("#hub-download");
  assert.match(await text("#hub-download"), /^Download \d\.\d\d MB$/);
  assert.match(await status(), /^[a-z]+ with 1 layer, \d+ wide\.$/);
  assert.equal(await page.locator("#run").isVisible(), false);
  assert.deepEqual(
    hub.downloads().map(({ url }) => url.split("/").at(-1)),
    ["config.json"],
  );
  assert.deepEqual(await cached(), []);
});

test("the download shows its bytes, can be cancelled, leaves nothing then, and brings all of it at the next click", async () => {
  const slow: Fault = { kind: "slow", path: weights, bytesPerPiece: 2000, pauseMs: 200 };
  hub.faults.push(slow);
  await page.click("#hub-download");
  await until("bytes on the page", async () => /^0\.\d\d MB of \d\.\d\d MB$/.test(await status()));
  for (const [width, colorScheme] of [
    [1280, "light"],
    [400, "dark"],
  ] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    await page.locator("#hub-field").scrollIntoViewIfNeeded();
    await page.screenshot({ path: join(screenshots, `hub-download-${width}-${colorScheme}.png`) });
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
  await page.click("#hub-cancel");
  await until("the end of the download", async () => (await status()) === "Cancelled; nothing was kept.");
  assert.deepEqual(await cached(), []);
  hub.faults.length = 0;
  await page.click("#hub-download");
  await until("an encoder", async () => /^Ready: \d\.\d\d MB, kept in this browser\.$/.test(await status()));
  assert.deepEqual((await cached()).map((path) => path.split("/").at(-1)).sort(), [
    ...["config.json", "main", weights, "tokenizer.json", "tokenizer_config.json"],
  ]);
});

test("it is trained; after a reload it is there again, and is trained again, without a request", async () => {
  await train();
  await until("the end of the training", isTrained, 240);
  assert.match(await text("#facts"), /parameters/);
  hub.requests.length = 0;
  asked.length = 0;
  await page.reload();
  await until("the encoder of the last visit", async () => (await status()).startsWith("Ready"));
  assert.equal(await page.locator("#hub-name").inputValue(), id);
  await page.locator("#advanced").evaluate((details) => details.setAttribute("open", ""));
  await page.fill("#epochs", "6");
  await page.click("#start");
  await until("updates", async () => Number(await page.locator("#loss").getAttribute("data-points")) > 10, 240);
  await page.click("#stop");
  await until("a stop", async () => (await text("#status")).startsWith("Stopped"));
  assert.deepEqual(hub.requests, []);
  assert.deepEqual(
    asked.filter((url) => !url.startsWith(server.url)),
    [],
  );
});

test("in each state no serious finding of axe, light and dark, on a phone and wide", async () => {
  await page.reload();
  await until("the encoder of the last visit", async () => (await status()).startsWith("Ready"));
  const look = async (state: string): Promise<void> => {
    for (const [width, colorScheme] of [
      [1280, "light"],
      [1280, "dark"],
      [400, "light"],
      [400, "dark"],
    ] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await seriousFindings(page), []);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width);
      await page.screenshot({ path: join(screenshots, `hub-${state}-${width}-${colorScheme}.png`), fullPage: true });
    }
  };
  await look("ready");
  await page.click("#hub-forget");
  await shown("#hub-find");
  assert.deepEqual(await cached(), []);
  await look("named");
  await page.click("#hub-find");
  await shown("#hub-download");
  await look("found");
  await find("ada/gated");
  await shown("#hub-field #error");
  await look("error");
});

test("a name that is none, and what cannot be trained, get one message beside the button, and nothing is kept", async () => {
  await fresh();
  for (const [name, message] of [
    ["../../evil", /expected a model name of the form owner\/name, got/],
    [`${"https://evil.example"}/x/y`, /expected a model name of the form owner\/name, got/],
    ["ada/tiny?x=1", /expected a model name of the form owner\/name, got/],
    ["ada/nobody", /got 401: no such repository\. Check the spelling; a private one needs a token: download it where you are/],
    [
      "ada/gated",
      /got 401: it is gated\. Ask for access at \S+, then download it where you are logged in, .* give this page the folder\./,
    ],
    ["ada/decoder", /expected a model_type that is one of .*bert.*, got "gpt2"/],
    ["ada/pickled", /got only pytorch_model\.bin\. Fetch and convert it once/],
    ["ada/no-tokenizer", /expected a tokenizer\.json, got none\. Make one in Python/],
    ["ada/damaged", /config\.json/],
  ] as const) {
    await find(name);
    await shown("#hub-field #error");
    const said = await text("#error");
    assert.match(said, message, name);
    assert.ok(said.length < 800, said);
    assert.equal(await page.evaluate(() => document.activeElement?.id), "error");
    assert.equal(await page.locator("#hub-name").getAttribute("aria-describedby"), "error");
    assert.equal(await page.locator("#hub-find").isVisible(), true);
    assert.deepEqual(await cached(), []);
    // the message goes with the name
    await page.fill("#hub-name", "ada");
    assert.equal(await page.locator("#error").isVisible(), false);
  }
  assert.ok(!hub.requests.some(({ url }) => url.includes("evil")));
});

test("a training is not started without the encoder", async () => {
  await page.fill("#hub-name", id);
  await page.click("#example");
  await page.click("#start");
  await shown("#hub-field #error");
  assert.match(await text("#error"), /^Look the encoder up and download it first/);
});

for (const [what, fault, message] of [
  [
    "a download that is cut each time",
    { kind: "cut", path: weights, afterBytes: 0 },
    /expected an answer from \S+, got .*, 3 times\. Check the connection/,
  ],
  [
    "more bytes than are listed",
    { kind: "longer", path: weights },
    /expected \d+ bytes, got more than \d+\. Nothing wrong was kept/,
  ],
  [
    "other bytes than are listed",
    { kind: "corrupt", path: weights },
    /expected bytes of SHA-256 \w+, got \w+\. Nothing was kept; try again/,
  ],
  ["other bytes in Git", { kind: "corrupt", path: "tokenizer.json" }, /expected bytes of Git SHA-1 \w+, got \w+\./],
  ["a file that is gone", { kind: "status", path: "tokenizer.json", status: 404 }, /got 404/],
  [
    "a hub in trouble",
    { kind: "status", path: "tokenizer.json", status: 503 },
    /got 503.*The hub has trouble; try again later\. Nothing was kept\./,
  ],
] as const) {
  test(`${what}: one message, and nothing is kept`, async () => {
    await fresh();
    await find(id);
    await shown("#hub-download");
    hub.faults.push(fault);
    await page.click("#hub-download");
    await shown("#hub-field #error");
    assert.match(await text("#error"), message);
    assert.deepEqual(await cached(), []);
    // what the fault was is over: the same button brings it
    hub.faults.length = 0;
    await page.click("#hub-download");
    await until("an encoder", async () => (await status()).startsWith("Ready"));
  });
}

test("a download that is cut once continues where it was", async () => {
  await fresh();
  await find(id);
  await shown("#hub-download");
  hub.faults.push({ kind: "cut", path: weights, afterBytes: 100_000, pauseMs: 1500, times: 1 });
  await page.click("#hub-download");
  await until("an encoder", async () => (await status()).startsWith("Ready"));
  const ranges = hub.requests
    .filter(({ origin, method }) => origin === "cdn" && method === "GET")
    .map((each) => each.headers.range);
  assert.deepEqual(ranges, [undefined, "bytes=100000-"]);
});

test("a listing of absurd sizes and paths is refused before anything is fetched", async () => {
  const repo = hub.repos.get(`models/${id}`)!;
  const { tree } = repo;
  try {
    for (const [changed, message] of [
      [{ size: 9e9 }, /expected a model of at most 1,000 MB, for a tab, got/],
      [{ size: -1 }, /expected an answer of a hub from \S+, got the size of \S+: -1/],
      [{ path: "../../config.json" }, /expected an answer of a hub from \S+, got the path \.\.\/\.\.\/config\.json/],
      [{ oid: "no hash" }, /expected an answer of a hub from \S+, got the hash of/],
    ] as const) {
      await fresh();
      Object.assign(repo, {
        tree: (...args: Parameters<typeof tree>) => {
          const [entries, next] = tree(...args);
          return [
            (entries as { path: string }[]).map((entry) => (entry.path === "config.json" ? { ...entry, ...changed } : entry)),
            next,
          ];
        },
      });
      await find(id);
      await shown("#hub-field #error");
      assert.match(await text("#error"), message);
      assert.deepEqual(await cached(), []);
      assert.deepEqual(hub.downloads(), []);
    }
  } finally {
    Object.assign(repo, { tree });
  }
});

test("only the hub can be asked: no parameter of the address changes that, and the policy refuses the rest", async () => {
  assert.equal(
    /connect-src ([^;]*)/.exec(headers["Content-Security-Policy"])![1],
    "'self' blob: data: https://huggingface.co https://*.huggingface.co https://*.hf.co",
  );
  await fresh(`?endpoint=${strangerUrl}&hub=${strangerUrl}&HF_ENDPOINT=${strangerUrl}#${strangerUrl}`);
  await find(id);
  await shown("#hub-download");
  assert.equal(strangerAsked, 0);
  const refused = await page.evaluate(
    (url) =>
      fetch(url).then(
        () => "answered",
        (error: Error) => error.message,
      ),
    strangerUrl,
  );
  assert.match(refused, /Failed to fetch/);
  assert.equal(strangerAsked, 0);
});

test("a hub that redirects to an origin which the policy does not name gets no further", async () => {
  const strict = await serve(built, headersFor([hub.url]));
  try {
    await fresh("", strict.url);
    await find(id);
    await shown("#hub-download");
    await page.click("#hub-download");
    await shown("#hub-field #error");
    assert.match(await text("#error"), /expected an answer from \S+, got Failed to fetch/);
    assert.deepEqual(
      hub.requests.filter(({ origin }) => origin === "cdn"),
      [],
    );
    assert.deepEqual(await cached(), []);
  } finally {
    await page.goto("about:blank");
    strict.close();
  }
});

test("a hub that is away is said in a few seconds, with what helps", async () => {
  await fresh();
  await hub.close();
  await find(id);
  await shown("#hub-field #error");
  assert.match(
    await text("#error"),
    /^ada\/tiny: expected an answer from http:\S+, got Failed to fetch, 3 times\. Check the connection, .* needs no network\.$/,
  );
  assert.equal(await page.locator("#hub-find").isVisible(), true);
});

test("nothing went wrong unseen", () => {
  assert.deepEqual(problems, []);
});
