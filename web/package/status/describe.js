/**
 * What the rows of the queue are called, and why they failed, in words.
 *
 * Owns how a payload of the social app is read for that, and nothing else knows its shape. Another app hands its own function to `describe`. What cannot be
 * read is called by its name.
 */
import { knows, say } from "./say.js";

/** @typedef {import("./shapes.js").ItemShape} ItemShape */
/** @typedef {import("./shapes.js").Described} Described */
/** @typedef {import("./shapes.js").Messages} Messages */

/** Characters of what somebody wrote that are shown of it. */
const EXCERPT_MAX = 140;

/** What can be edited in place. */
const EDITABLE = new Set(["post.create", "post.update", "comment.create", "comment.update"]);

/** What can be edited only while it is parked: once sent, it cannot be changed. */
const EDITABLE_PARKED = new Set(["message.send"]);

/**
 * @param {ItemShape} item
 * @param {Messages} messages
 * @param {readonly ItemShape[]} items All that is listed: a file is described by the write that names it.
 * @returns {Described}
 */
export function describe(item, messages, items) {
  if (item.upload) {
    return describeUpload(item.upload, messages, items);
  }
  const title = knows(messages, item.name) ? say(messages, item.name) : item.name;
  const found = content(item.payload);
  if (!found || typeof found.content.text !== "string") {
    return { title };
  }
  /** @type {Described} */
  const described = { title, excerpt: excerpt(found.content.text) };
  if (EDITABLE.has(item.name) || (EDITABLE_PARKED.has(item.name) && item.state === "parked")) {
    described.text = found.content.text;
    described.withText = (text) => ({ [found.kind]: { [found.change]: { ...found.content, text } } });
  }
  return described;
}

/**
 * @param {string} sha256
 * @param {Messages} messages
 * @param {readonly ItemShape[]} items
 * @returns {Described}
 */
function describeUpload(sha256, messages, items) {
  const file = items.flatMap((item) => media(item.payload)).find((media) => media.sha256 === sha256);
  const type = String(file?.type ?? "").split("/")[0];
  const title = say(messages, knows(messages, `upload_${type}`) ? `upload_${type}` : "upload");
  return typeof file?.size === "number" ? { title, bytes: file.size } : { title };
}

/**
 * Why it is parked.
 *
 * @param {ItemShape} item
 * @param {Messages} messages
 */
export function why(item, messages) {
  const parked = item.parked;
  if (!parked) {
    return "";
  }
  if (parked.reason === "rejected" && parked.current) {
    return say(messages, "why_changed");
  }
  // A full stop of its own would make two of them where the sentence goes on.
  const detail = parked.detail.trim().replace(/\.$/, "");
  return say(messages, `why_${parked.reason}`, { detail, count: item.attempts });
}

/**
 * How it stands, where it is not parked.
 *
 * @param {ItemShape} item
 * @param {Messages} messages
 */
export function standing(item, messages) {
  const state = say(messages, `state_${item.state}`);
  // The first attempt is what "on its way" says.
  const past = item.state === "in_flight" ? item.attempts - 1 : item.attempts;
  return past > 0 ? `${state} · ${say(messages, "attempts", { count: item.attempts })}` : state;
}

/**
 * A mutation as the app stores it: `{"post": {"create": {…}}}`.
 *
 * @param {string} payload
 * @returns {{ kind: string, change: string, content: Record<string, any> } | null}
 */
function content(payload) {
  const outer = onlyField(parse(payload));
  const inner = onlyField(outer?.[1]);
  return outer && inner && isObject(inner[1]) ? { kind: outer[0], change: inner[0], content: inner[1] } : null;
}

/**
 * The files that a payload names.
 *
 * @param {string} payload
 * @returns {any[]}
 */
function media(payload) {
  const named = content(payload)?.content.media;
  return [named ?? []].flat();
}

/** @param {string} excerpted */
function excerpt(excerpted) {
  const line = excerpted.replace(/\s+/g, " ").trim();
  const characters = Array.from(line);
  return characters.length > EXCERPT_MAX ? `${characters.slice(0, EXCERPT_MAX).join("")}…` : line;
}

/** @param {string} payload */
function parse(payload) {
  try {
    return JSON.parse(payload);
  } catch {
    return null;
  }
}

/**
 * @param {unknown} value
 * @returns {[string, any] | null}
 */
function onlyField(value) {
  const fields = isObject(value) ? Object.entries(value) : [];
  return fields.length === 1 ? (fields[0] ?? null) : null;
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, any>}
 */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
