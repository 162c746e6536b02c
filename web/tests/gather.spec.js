/**
 * What is gathered before it is written cannot be told from what is written at once, whatever is done and whatever fails.
 *
 * Owns a file in memory that runs full now and then, and a model of it that never does.
 */
import { expect, test } from "@playwright/test";
import assert from "node:assert/strict";

import { gatherWrites } from "../package/worker/gather.js";

const ROUNDS = 50;
const STEPS = 100;
const BYTES = 4_000;

/** The same numbers each time: xorshift. @param {number} seed */
function dice(seed) {
  let state = seed * 2_654_435_761 + 1;
  return (/** @type {number} */ below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** As an access handle: of its own class each time, since its methods are changed. */
function handle() {
  return class {
    bytes = new Uint8Array();
    isFull = false;
    writes = 0;
    /** @param {Uint8Array} piece @param {{at: number}} options */
    write(piece, { at }) {
      this.writes += 1;
      const end = at + piece.byteLength;
      if (end > this.bytes.byteLength) {
        if (this.isFull) throw new DOMException("", "QuotaExceededError");
        const longer = new Uint8Array(end);
        longer.set(this.bytes);
        this.bytes = longer;
      }
      this.bytes.set(piece, at);
      return piece.byteLength;
    }
    /** @param {Uint8Array} into @param {{at: number}} options */
    read(into, { at }) {
      const found = this.bytes.subarray(at, at + into.byteLength);
      into.set(found);
      return found.byteLength;
    }
    /** @param {number} size */
    truncate(size) {
      const cut = new Uint8Array(size);
      cut.set(this.bytes.subarray(0, size));
      this.bytes = cut;
    }
    getSize() {
      return this.bytes.byteLength;
    }
    flush() {}
    close() {}
  };
}

test("whatever is written is read again, and is in the file once it was flushed", () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const roll = dice(round);
    const Plain = handle();
    const Gathering = handle();
    gatherWrites(Gathering.prototype);
    const [model, file] = [new Plain(), new Gathering()];
    let at = 0;
    for (let step = 0; step < STEPS; step += 1) {
      const told = `round ${round}, step ${step}`;
      file.isFull = roll(4) === 0;
      switch (roll(6)) {
        case 0:
        case 1:
        case 2: {
          // As SQLite does: on from where it was, or somewhere that is there.
          if (roll(3) === 0) at = roll(model.getSize() + 1);
          at = Math.min(at, model.getSize());
          const piece = Uint8Array.from({ length: 1 + roll(BYTES) }, () => roll(256));
          try {
            assert.equal(file.write(piece, { at }), piece.byteLength, told);
            model.write(piece, { at });
            at += piece.byteLength;
          } catch {
            assert.equal(file.isFull, true, told);
          }
          break;
        }
        case 3: {
          const from = roll(model.getSize() + 1);
          const is = new Uint8Array(1 + roll(BYTES));
          const was = new Uint8Array(is.byteLength);
          assert.equal(file.read(is, { at: from }), model.read(was, { at: from }), told);
          assert.equal(Buffer.compare(is, was), 0, told);
          break;
        }
        case 4:
          try {
            file.flush();
            assert.equal(Buffer.compare(file.bytes, model.bytes), 0, told);
          } catch (error) {
            assert.equal(/** @type {any} */ (error).name, "QuotaExceededError", told);
            assert.equal(file.isFull, true, told);
          }
          break;
        case 5: {
          const size = roll(model.getSize() + 1);
          try {
            file.truncate(size);
            model.truncate(size);
          } catch {
            assert.equal(file.isFull, true, told);
          }
          break;
        }
      }
      assert.equal(file.getSize(), model.getSize(), told);
    }
    file.isFull = false;
    file.close();
    assert.equal(Buffer.compare(file.bytes, model.bytes), 0, `round ${round}`);
  }
});

test("pieces that follow on each other are one write", () => {
  const Gathering = handle();
  gatherWrites(Gathering.prototype);
  const file = new Gathering();
  for (let at = 0; at < 30 * 4_120; at += 4_120) {
    file.write(new Uint8Array(24), { at });
    file.write(new Uint8Array(4_096), { at: at + 24 });
  }
  file.flush();
  expect(file.writes).toBe(1);
});
