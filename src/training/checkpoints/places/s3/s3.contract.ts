import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { at, checkpointsContract, checkpointsOf, stateOf } from "../../checkpoints.contract.ts";
import { type Environment, s3Address } from "./address.ts";
import { openBucket } from "./bucket-node.ts";
import { checkS3, clearS3Checkpoints, s3Checkpoints } from "./s3-storage-node.ts";

/** A server of S3's protocol. */
export interface TestServer {
  /** Key and address. */
  readonly env: Environment;
  /** `s3://bucket/prefix` below which there is nothing. */
  readonly where: string;
}

/**
 * What checkpoints must do in whatever speaks S3's protocol, beside `checkpointsContract`.
 *
 * @param options.stride - As there.
 * @param options.listed - More objects than one page of a listing has.
 */
export function s3Contract(
  name: string,
  { env, where }: TestServer,
  { stride, listed }: { readonly stride: number; readonly listed: number },
): void {
  const quick = { env, pausesMs: [1, 1] };
  let places = 0;
  checkpointsContract(
    name,
    async () => {
      const place = `${where}/run ${places++}`;
      const address = s3Address(place, env);
      const bucket = await openBucket(address);
      return {
        storage: await s3Checkpoints(place, quick),
        read: async (file) => (await bucket.read(address.prefix + file, 0, 2 ** 20))!.bytes,
        put: (file, bytes) => bucket.write(address.prefix + file, [bytes]),
      };
    },
    { stride },
  );

  describe(`a bucket in ${name}`, () => {
    test("is asked to list, write and remove before anything is computed, and nothing is left", async () => {
      await checkS3(`${where}/check`, quick);
      assert.deepEqual(await (await s3Checkpoints(`${where}/check`, quick)).list(), []);
    });
    test("takes prefixes that a URL would read in another way", async () => {
      for (const prefix of ["a b+c&d%20e", "é?#'(!)*~"]) {
        const odd = `${where}/${prefix}`;
        const storage = await s3Checkpoints(odd, quick);
        assert.equal(await checkpointsOf({ storage }, stateOf(1)).save(at(1), undefined), `${odd}/checkpoint-1.crisp`);
        assert.deepEqual(await storage.list(), ["checkpoint-1.crisp"]);
        await clearS3Checkpoints(odd, quick);
        assert.deepEqual(await storage.list(), []);
      }
    });
    test("is listed to its last page, and no deeper than a run's own prefix", async () => {
      const { prefix } = s3Address(`${where}/listed`, env);
      const bucket = await openBucket(s3Address(where, env));
      await bucket.write(`${prefix}deeper/checkpoint-9.crisp`, [Uint8Array.of(1)]);
      for (let step = 1; step <= listed; step++) {
        await bucket.write(`${prefix}checkpoint-${step}.crisp`, [new TextEncoder().encode("CRISPCK")]);
      }
      assert.equal((await bucket.list(prefix)).length, listed);
      await clearS3Checkpoints(`${where}/listed`, quick);
      assert.deepEqual(await bucket.list(prefix), []);
      assert.deepEqual(await bucket.list(`${prefix}deeper/`), ["checkpoint-9.crisp"]);
      await bucket.remove(`${prefix}deeper/checkpoint-9.crisp`);
    });
    test("gives a body of several pieces and blocks back as it was, in reads that cross blocks", async () => {
      const storage = await s3Checkpoints(`${where}/big`, quick);
      const chunks = [2 ** 24 - 5, 2 ** 20 + 1, 10].map((length, seed) => Buffer.alloc(length, `chunk ${seed}, `));
      const pieces = async function* () {
        yield* chunks;
      };
      await storage.write("checkpoint-1.crisp", pieces());
      const whole = Buffer.concat(chunks);
      const file = await storage.open("checkpoint-1.crisp");
      assert.equal(file.size, whole.length);
      const reads = [
        [0, 10],
        [2 ** 24 - 3, 9],
        [100, whole.length - 100],
        [whole.length, 0],
      ];
      for (const [position, length] of reads) {
        const read = await file.read(position, length);
        assert.ok(whole.subarray(position, position + length).equals(read), `${length} bytes from ${position} on`);
      }
      await assert.rejects(file.read(whole.length - 1, 2), /expected \d+ bytes/);
      await assert.rejects(storage.write("checkpoint-1.crisp", pieces()), { code: "file/not-own" });
      await (await openBucket(s3Address(where, env))).remove(`${s3Address(`${where}/big`, env).prefix}checkpoint-1.crisp`);
    });
    test("that does not exist is told in one line", async () => {
      const none = `s3://none-${crypto.randomUUID()}/a`;
      await assert.rejects(checkS3(none, quick), {
        code: "checkpoint/no-bucket",
        message: new RegExp(`^${none}: expected a bucket at [^ ]+, got none of that name\\. Make it first, or name another\\.$`),
      });
    });
    test("tells a wrong key in one line without a secret", async () => {
      const wrong = { ...env, AWS_ACCESS_KEY_ID: "AKIDOTHER", AWS_SECRET_ACCESS_KEY: "very secret" };
      await assert.rejects(checkS3(where, { ...quick, env: wrong }), {
        code: "checkpoint/denied",
        message: new RegExp(
          `^${where}: expected leave to list, read, write and remove at [^ ]+, got 403 \\w+\\. Look at AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, and at what the bucket allows\\.$`,
        ),
      });
    });
  });
}
