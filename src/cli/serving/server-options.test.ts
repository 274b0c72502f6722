import assert from "node:assert/strict";
import { test } from "node:test";
import type { Output } from "../output.ts";
import { SERVER_OPTIONS, serverSettings } from "./server-options.ts";

test("open requests have half of the 10 seconds that docker stop gives, so that a batch can end in the other half", () => {
  assert.ok(SERVER_OPTIONS.stop_timeout.default <= 5);
});

test("a CRISP_TOKEN that is set but empty is no wish to have none", (t) => {
  const before = process.env.CRISP_TOKEN;
  t.after(() => {
    if (before === undefined) delete process.env.CRISP_TOKEN;
    else process.env.CRISP_TOKEN = before;
  });
  process.env.CRISP_TOKEN = "";
  const options = {
    ...{ host: "127.0.0.1", port: 0, maxBodyBytes: 1, requestTimeout: 1, stopTimeout: 1, accessLog: false },
    ...{ token: undefined, allowedHosts: undefined },
  };
  assert.equal(serverSettings(options, {} as Output).token, "");
});
