/**
 * Gathers what is written to a file in pieces that follow on each other, until it is flushed or looked at.
 *
 * SQLite hands a commit over in some thirty pieces, and a browser takes each to another process: twenty milliseconds for what is one write of one millisecond.
 * SQLite counts on nothing that was not flushed; a piece that cannot be written is told at the flush, and the commit fails.
 *
 * Owns the access handles of this Worker, of which nobody else's code is part: the file system that SQLite stands on offers no other place for it.
 */

/** More is not kept back. */
const BYTES_MAX = 1 << 20;

/** Pieces that follow on each other. */
class Pieces {
  /** Where they begin in the file. */
  at = 0;
  length = 0;
  #bytes = new Uint8Array(64 << 10);

  get end() {
    return this.at + this.length;
  }

  /** @param {Uint8Array} piece @param {number} at */
  add(piece, at) {
    if (this.length === 0) this.at = at;
    const length = this.length + piece.byteLength;
    if (length > this.#bytes.byteLength) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.byteLength));
      larger.set(this.#bytes.subarray(0, this.length));
      this.#bytes = larger;
    }
    this.#bytes.set(piece, this.length);
    this.length = length;
  }

  /** All of them; none is left. */
  take() {
    const taken = this.#bytes.subarray(0, this.length);
    this.length = 0;
    return taken;
  }
}

/** From now on, in this Worker. */
export function gatherWrites() {
  const { prototype } = /** @type {any} */ (globalThis).FileSystemSyncAccessHandle ?? {};
  if (!prototype) return;
  const { write, read, flush, truncate, getSize, close } = prototype;
  /** @type {WeakMap<object, Pieces>} */
  const gathered = new WeakMap();

  /** @param {object} handle */
  function bring(handle) {
    const pieces = gathered.get(handle);
    if (!pieces || pieces.length === 0) return;
    const bytes = pieces.take();
    const count = write.call(handle, bytes, { at: pieces.at });
    if (count !== bytes.byteLength) throw new DOMException("there is no more room", "QuotaExceededError");
  }

  /** @param {Uint8Array} piece @param {{at?: number}} [options] */
  prototype.write = function (piece, options) {
    const at = options?.at;
    if (at === undefined || !(piece instanceof Uint8Array) || piece.byteLength > BYTES_MAX) {
      bring(this);
      return write.call(this, piece, options);
    }
    let pieces = gathered.get(this);
    if (!pieces) gathered.set(this, (pieces = new Pieces()));
    if (at !== pieces.end || pieces.length + piece.byteLength > BYTES_MAX) bring(this);
    pieces.add(piece, at);
    return piece.byteLength;
  };
  prototype.getSize = function () {
    const pieces = gathered.get(this);
    return Math.max(getSize.call(this), pieces && pieces.length > 0 ? pieces.end : 0);
  };
  prototype.close = function () {
    try {
      bring(this);
    } finally {
      close.call(this);
    }
  };
  for (const [name, inner] of Object.entries({ read, flush, truncate })) {
    /** @param {any[]} given */
    prototype[name] = function (...given) {
      bring(this);
      return inner.apply(this, given);
    };
  }
}
