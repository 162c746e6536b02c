/**
 * The files that wait to be uploaded: a folder in the origin private file system, or memory where there is none.
 *
 * Owns the bytes. A file is flushed to the disk before its name is given to anybody.
 */
import { Refusal } from "./errors.js";

/** A file that nobody knows of is removed when it is older than this: whoever copied it has died. */
const ORPHAN_MS = 60 * 60 * 1_000;

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
      const handle = await this.folder.getFileHandle(file, { create: true });
      // Only Workers have this, and only this can be flushed.
      const access = await /** @type {any} */ (handle).createSyncAccessHandle();
      try {
        access.truncate(0);
        if (access.write(new Uint8Array(bytes), { at: 0 }) !== bytes.byteLength) {
          throw new Refusal("disk-full", "there is no room for the file: free some space");
        }
        access.flush();
      } catch (error) {
        if (/** @type {any} */ (error)?.name === "QuotaExceededError") {
          throw new Refusal("disk-full", "there is no room for the file: free some space");
        }
        throw error;
      } finally {
        access.close();
      }
    } else {
      this.#memory.set(file, new Blob([bytes], { type: mediaType }));
    }
    return {
      media: { sha256, type: mediaType, size: bytes.byteLength },
      staged: { sha256, file, size: bytes.byteLength, media_type: mediaType },
    };
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
