/**
 * The limits on what people write, as far as a form helps to keep them.
 *
 * Owns copies of the numbers in `crates/social/src/limits.rs`, for counters and hints. The rule itself is applied by the engine to every write, and
 * its words are shown where it refuses.
 */
import { bytes } from "./words.js";

export const POST_TEXT_MAX = 5_000;
export const COMMENT_TEXT_MAX = 2_000;
export const MESSAGE_TEXT_MAX = 2_000;
export const POST_MEDIA_MAX = 10;
export const MESSAGE_MEDIA_MAX = 1;
export const FILE_BYTES_MAX = 32 * 1024 * 1024;
export const PICTURE_TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
export const NAME_PATTERN = "[a-z0-9_]{2,32}";
export const NAME_HINT = "2 to 32 of the characters a–z, 0–9 and _";
export const PASSWORD_MIN = 8;
export const PASSWORD_MAX = 128;
export const PASSWORD_HINT = "8 to 128 characters";

/**
 * Characters as the server counts them: Unicode scalar values.
 * @param {string} text
 */
export function characters(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/**
 * Why this file cannot be attached; `null` where it can.
 * @param {File} file
 */
export function whyNot(file) {
  if (!PICTURE_TYPES.includes(file.type)) return `“${file.name}” is not a picture that can be shown: take a PNG, JPEG, GIF or WebP.`;
  if (file.size === 0) return `“${file.name}” is empty: take another file.`;
  if (file.size > FILE_BYTES_MAX) return `“${file.name}” has ${bytes(file.size)}, at most ${bytes(FILE_BYTES_MAX)} are allowed: take a smaller one.`;
  return null;
}
