import assert from "node:assert/strict";
import { test } from "node:test";
import { erf } from "./special-functions.ts";

// mpmath 1.3 at 40 digits, rounded to float64
const known: readonly (readonly [number, number])[] = [
  [0, 0],
  [1e-300, 1.1283791670955126e-300],
  [1e-10, 1.1283791670955126e-10],
  [0.001, 0.0011283787909692365],
  [0.1, 0.1124629160182849],
  [0.25, 0.27632639016823696],
  [0.5, 0.5204998778130465],
  [0.75, 0.7111556336535151],
  [1, 0.8427007929497149],
  [1.25, 0.9229001282564583],
  [1.5, 0.9661051464753108],
  [1.75, 0.9866716712191824],
  [2, 0.9953222650189527],
  [2.25, 0.9985372834133188],
  [2.390625, 0.9992773915094418],
  [2.4375, 0.9994334567454198],
  [2.5, 0.999593047982555],
  [2.75, 0.9998993780778803],
  [3, 0.9999779095030014],
  [3.5, 0.9999992569016276],
  [4, 0.9999999845827421],
  [5, 0.9999999999984626],
  [5.9, 0.9999999999999999],
  [6, 1],
  [Number.POSITIVE_INFINITY, 1],
];

test("erf is within 1e-15 of known values, relative to them, and odd", () => {
  for (const [x, value] of known) {
    assert.ok(Math.abs(erf(x) - value) <= 1e-15 * value, `erf(${x}) = ${erf(x)}, not ${value}`);
    assert.equal(erf(-x), -erf(x));
  }
});

test("erf does not jump where its series meets its continued fraction", () => {
  const below = 2.5 - 2 ** -40;
  const slope = (2 / Math.sqrt(Math.PI)) * Math.exp(-6.25);
  assert.ok(Math.abs(erf(2.5) - erf(below) - slope * 2 ** -40) < 1e-15);
});

test("erf of NaN is NaN", () => {
  assert.ok(Number.isNaN(erf(Number.NaN)));
});
