/**
 * The files that wait to be uploaded: a folder in the origin private file system, or memory where there is none.
 *
 * Owns the bytes. A file is flushed to the disk before its name is given to anybody.
 */
import { Refusal } from "./errors.js";

/** A file that nobody knows of is removed when it is older than this: whoever copied it has died. */
const ORPHAN_MS = 60 * 60 * 1_000;

/** The space that is kept for what waits: let go where there is no more, so that what the server answers can still be noted. */
const RESERVE = "reserve";
const RESERVE_BYTES = 4 << 20;

export class Files {
  /** @type {Map<string, Blob>} */
  #memory = new Map();

  /** @param {FileSystemDirectoryHandle | null} folder */
  constructor(folder) {
    this.folder = folder;
  }

  /** @param {string} name @param {boolean} inMemory */
  static async open(name, inMemory) {
    if (inMemory) return new Files(null);
    const root = await navigator.storage.getDirectory();
    const all = await root.getDirectoryHandle("outrigger-files", { create: true });
    return new Files(await all.getDirectoryHandle(name, { create: true }));
  }

  /**
   * Copies a file under a name that was never used, and hashes it.
   * @param {string} file @param {Blob} blob
   */
  async copy(file, blob) {
    if (blob.size === 0) throw new Refusal("invalid", "the file is empty: choose another one");
    const bytes = await blob.arrayBuffer();
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    const mediaType = blob.type || "application/octet-stream";
    if (this.folder) {
      await this.#write(this.folder, file, bytes);
    } else {
      this.#memory.set(file, new Blob([bytes], { type: mediaType }));
    }
    return {
      media: { sha256, type: mediaType, size: bytes.byteLength },
      staged: { sha256, file, size: bytes.byteLength, media_type: mediaType },
    };
  }

  /** Writes a whole file; where there is no room nothing of it is left. @param {FileSystemDirectoryHandle} folder @param {string} file @param {ArrayBuffer} bytes @param {number} [kept] so much of it stays */
  async #write(folder, file, bytes, kept = bytes.byteLength) {
    const handle = await folder.getFileHandle(file, { create: true });
    // Only Workers have this, and only this can be flushed.
    const access = await /** @type {any} */ (handle).createSyncAccessHandle();
    let isFull = false;
    try {
      access.truncate(0);
      isFull = access.write(new Uint8Array(bytes), { at: 0 }) !== bytes.byteLength;
      access.truncate(kept);
      access.flush();
    } catch (error) {
      if (/** @type {any} */ (error)?.name !== "QuotaExceededError") throw error;
      isFull = true;
    } finally {
      access.close();
    }
    if (!isFull) return;
    await folder.removeEntry(file);
    throw new Refusal("disk-full", "there is no room for the file: free some space");
  }

  /** Whether the reserve is held; it is where there is room for twice as much: what waits must not starve for it. */
  async holdReserve() {
    if (!this.folder) return true;
    try {
      const held = await this.folder.getFileHandle(RESERVE).catch(() => null);
      if (held && (await held.getFile()).size === RESERVE_BYTES) return true;
      await this.#write(this.folder, RESERVE, new ArrayBuffer(2 * RESERVE_BYTES), RESERVE_BYTES);
      return true;
    } catch {
      return false;
    }
  }

  /** Lets the reserve go. Whether there was one. */
  async releaseReserve() {
    if (!this.folder) return false;
    return this.folder.removeEntry(RESERVE).then(
      () => true,
      () => false,
    );
  }

  /** A part of a file, or all of it. @param {string} file @param {number} [offset] @param {number} [length] @returns {Promise<Blob>} */
  async read(file, offset = 0, length = Infinity) {
    const blob = this.folder ? await (await this.folder.getFileHandle(file)).getFile() : this.#memory.get(file);
    if (!blob) throw new Refusal("missing", "the file is gone");
    return blob.slice(offset, Math.min(blob.size, offset + length));
  }

  /** @param {string} file */
  async remove(file) {
    this.#memory.delete(file);
    await this.folder?.removeEntry(file).catch((error) => {
      if (error.name !== "NotFoundError") throw error;
    });
  }

  /** Files that were copied long ago. Their names begin with when: ids of version 7. */
  async old() {
    /** @type {string[]} */
    const names = [];
    if (!this.folder) return names;
    for await (const name of /** @type {any} */ (this.folder).keys()) {
      const made = Number.parseInt(name.replaceAll("-", "").slice(0, 12), 16);
      if (Date.now() - made > ORPHAN_MS) names.push(name);
    }
    return names;
  }

  /** Everything goes. */
  async clear() {
    this.#memory.clear();
    if (!this.folder) return;
    for await (const name of /** @type {any} */ (this.folder).keys()) await this.folder.removeEntry(name);
  }
}
