import assert from "node:assert/strict";
import { test } from "node:test";
import type { Connection } from "./connection.ts";
import { isOutage, patient } from "./patient.ts";

const outage = (code = "ECONNREFUSED") => Object.assign(new Error("connect ECONNREFUSED"), { code });

/** Answers once all failures were thrown. */
function failing(...failures: Error[]) {
  const tried: string[] = [];
  const connection: Connection = {
    name: "postgres://db/studies",
    exclusive: false,
    async query<Row>(statement: string) {
      tried.push(statement);
      const failure = failures.shift();
      if (failure) throw failure;
      return [] as Row[];
    },
    transaction: (work) => work(connection),
    close: async () => {},
  };
  return { connection, tried };
}

test("what did not get through is done again, with one note when the database goes and one when it is back", async () => {
  const notes: string[] = [];
  const { connection, tried } = failing(outage(), outage("57P03"), outage("08006"));
  await patient(connection, { onNote: (text) => notes.push(text) }).query("SELECT 1");
  assert.equal(tried.length, 4);
  assert.equal(notes.length, 2);
  assert.match(notes[0], /^postgres:\/\/db\/studies does not answer \(connect ECONNREFUSED\); trying again for 300 s$/);
  assert.match(notes[1], /answers again/);
});

test("a statement that is wrong is told at once", async () => {
  const { connection, tried } = failing(Object.assign(new Error("syntax error"), { code: "42601" }));
  await assert.rejects(patient(connection).query("SELEKT"), /syntax error/);
  assert.equal(tried.length, 1);
});

test("patience ends, and tidying up afterwards is tried once each", async () => {
  const { connection, tried } = failing(...Array.from({ length: 50 }, () => outage()));
  const database = patient(connection, { longestMs: 250 });
  await assert.rejects(database.query("SELECT 1"), { code: "database/unreachable", message: /expected a database that answers/ });
  const before = tried.length;
  await assert.rejects(
    database.transaction((sql) => sql.query("SELECT 2")),
    { code: "database/unreachable" },
  );
  assert.equal(tried.length, before + 1);
});

test("outages are told from refusals by their codes, and by the words of pg where there is none", () => {
  assert.ok(isOutage(new Error("Connection terminated unexpectedly")));
  assert.ok(isOutage(Object.assign(new Error(""), { code: "ECONNREFUSED", errors: [outage(), outage()] })));
  assert.ok(!isOutage(Object.assign(new Error("password authentication failed"), { code: "28P01" })));
  assert.ok(!isOutage(new Error("connection terminal")));
});
