/**
 * Gathers what is written to a file in pieces that follow on each other, until it is flushed.
 *
 * SQLite hands a commit over in some thirty pieces, and a browser takes each to another process: twenty milliseconds for what is one write of one millisecond.
 * SQLite counts on nothing that was not flushed. What cannot be written is told at the flush, so that the commit fails, and is kept: to SQLite it is written, as
 * what it does not flush at once is on any disk.
 *
 * Owns the access handles of this Worker, of which nobody else's code is part: the file system that SQLite stands on offers no other place for it.
 */

/** More is not kept back. */
const BYTES_MAX = 1 << 20;

/** A stretch of a file that is not written yet. */
class Pieces {
  /** Where it begins in the file. */
  at = 0;
  length = 0;
  #bytes = new Uint8Array(64 << 10);

  get end() {
    return this.at + this.length;
  }

  get bytes() {
    return this.#bytes.subarray(0, this.length);
  }

  /** Whether a piece there goes on, or lies over, what is here, and does not make it too long. @param {number} at @param {number} length */
  takes(at, length) {
    return at >= this.at && at <= this.end && at + length - this.at <= BYTES_MAX;
  }

  /** @param {Uint8Array} piece @param {number} at */
  put(piece, at) {
    if (this.length === 0) this.at = at;
    const length = Math.max(this.length, at + piece.byteLength - this.at);
    if (length > this.#bytes.byteLength) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.byteLength));
      larger.set(this.bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(piece, at - this.at);
    this.length = length;
  }

  /** Lays what is here over what was read of the file; how much was read then. @param {Uint8Array} read @param {number} at @param {number} count */
  lay(read, at, count) {
    const from = Math.max(at, this.at);
    const to = Math.min(at + read.byteLength, this.end);
    if (from >= to) return count;
    read.set(this.#bytes.subarray(from - this.at, to - this.at), from - at);
    return Math.max(count, to - at);
  }
}

/** From now on, for all handles of this kind. @param {any} [prototype] of this Worker's handles, but in tests */
export function gatherWrites(prototype = /** @type {any} */ (globalThis).FileSystemSyncAccessHandle?.prototype) {
  if (!prototype) return;
  const { write, read, flush, truncate, getSize, close } = prototype;
  /** @type {WeakMap<object, Pieces>} */
  const gathered = new WeakMap();

  /** What is gathered for a handle. @param {object} handle */
  function of(handle) {
    let pieces = gathered.get(handle);
    if (!pieces) gathered.set(handle, (pieces = new Pieces()));
    return pieces;
  }

  /** @param {object} handle */
  function bring(handle) {
    const pieces = of(handle);
    if (pieces.length === 0) return;
    const count = write.call(handle, pieces.bytes, { at: pieces.at });
    if (count !== pieces.length) throw new DOMException("there is no more room", "QuotaExceededError");
    pieces.length = 0;
  }

  /** @param {Uint8Array} piece @param {{at: number}} options */
  prototype.write = function (piece, { at }) {
    const pieces = of(this);
    if (pieces.length > 0 && !pieces.takes(at, piece.byteLength)) bring(this);
    if (piece.byteLength > BYTES_MAX) return write.call(this, piece, { at });
    pieces.put(piece, at);
    return piece.byteLength;
  };
  /** @param {Uint8Array} into @param {{at: number}} options */
  prototype.read = function (into, { at }) {
    return of(this).lay(into, at, read.call(this, into, { at }));
  };
  prototype.getSize = function () {
    const pieces = of(this);
    return Math.max(getSize.call(this), pieces.length > 0 ? pieces.end : 0);
  };
  /** @param {number} size */
  prototype.truncate = function (size) {
    const pieces = of(this);
    if (size <= pieces.at) pieces.length = 0;
    bring(this);
    truncate.call(this, size);
  };
  prototype.flush = function () {
    bring(this);
    flush.call(this);
  };
  prototype.close = function () {
    try {
      bring(this);
    } finally {
      close.call(this);
    }
  };
}
