/**
 * What the gallery shows: one sample for each state of the pill and of the panel.
 *
 * Owns data only. The tests take their screenshots of these.
 */

import { IDLE } from "../../package/states.js";

export { IDLE };

/** @typedef {import("../../package/status/shapes.js").SyncStateShape} SyncStateShape */
/** @typedef {import("../../package/status/shapes.js").ItemShape} ItemShape */

/** @type {SyncStateShape} */
const SYNCING = { ...IDLE, kind: "syncing", pending: 5, in_flight: 2, progress: { done: 3, total: 8 } };
/** @type {SyncStateShape} */
const OFFLINE = { ...IDLE, kind: "offline", cause: "unreachable" };
/** @type {SyncStateShape} */
const FAILED = { ...IDLE, kind: "error", failed: 2 };

/** @type {readonly { name: string, title: string, about: string, state: SyncStateShape }[]} */
export const PILLS = [
  { name: "idle", title: "Idle", about: "Everything has arrived: nothing, and no room for it.", state: IDLE },
  {
    name: "syncing-begins",
    title: "Syncing, just begun",
    about: "The ring fills with what has been sent.",
    state: { ...SYNCING, pending: 8, progress: { done: 0, total: 8 } },
  },
  { name: "syncing", title: "Syncing", about: "Three of eight are there.", state: SYNCING },
  {
    name: "syncing-unknown",
    title: "Syncing, of unknown length",
    about: "The ring turns. With reduced motion it rests.",
    state: { ...SYNCING, pending: 1, progress: { done: 0, total: 0 } },
  },
  { name: "offline", title: "Offline", about: "Nothing waits.", state: OFFLINE },
  {
    name: "offline-waiting",
    title: "Offline, with something waiting",
    about: "Kept on this device until the server is reached.",
    state: { ...OFFLINE, pending: 3 },
  },
  { name: "failed", title: "Failed", about: "A tap tries all of it again.", state: FAILED },
  {
    name: "sign-in",
    title: "Signed out",
    about: "A retry would be in vain: a tap asks to sign in.",
    state: { ...FAILED, failed: 0, pending: 4, cause: "sign_in", message: "sign in again" },
  },
  {
    name: "server-restored",
    title: "Server restored",
    about: "Too grave for one tap: it opens the panel.",
    state: {
      ...FAILED,
      failed: 0,
      pending: 2,
      cause: "server_restored",
      message: "the server's database is another one than before: it was restored from a backup, or replaced",
    },
  },
];

const PICTURE = { sha256: "3f1d".repeat(16), type: "image/jpeg", size: 2_418_204 };
const CLIP = { sha256: "9c07".repeat(16), type: "video/mp4", size: 11_702_113 };

/**
 * @param {number} n
 * @param {string} name
 * @param {unknown} mutation
 * @param {Partial<ItemShape>} [rest]
 * @returns {ItemShape}
 */
export function item(n, name, mutation, rest = {}) {
  const payload = mutation === null ? "" : JSON.stringify(mutation);
  return { mutation: id(n), name, state: "waiting", upload: null, parked: null, attempts: 0, waits_for: [], payload, ...rest };
}

/** @param {number} n */
export function id(n) {
  return `01938b2e-0000-7000-8000-${String(n).padStart(12, "0")}`;
}

const FERRY = item(1, "post.create", {
  post: { create: { id: id(101), text: "The ferry is late again, but look at this light.", media: [PICTURE] } },
});
const PICTURE_UPLOAD = item(2, "upload", null, { upload: PICTURE.sha256, state: "in_flight", attempts: 1 });
const CLIP_UPLOAD = item(3, "upload", null, { upload: CLIP.sha256, state: "ready" });
const HARBOUR = item(4, "post.create", {
  post: { create: { id: id(104), text: "Thirty seconds of harbour.", media: [CLIP] } },
});
const COMMENT = item(5, "comment.create", {
  comment: { create: { id: id(105), post: id(101), text: "Tomorrow at seven, then?" } },
});
const LIKE = item(6, "post.like", { like: { post: id(120), liked: true } }, { state: "in_flight", attempts: 1 });
const MESSAGE = item(7, "message.send", {
  message: { create: { id: id(107), conversation: id(130), text: "Landed. See you at the slip.", media: null } },
});

/** @type {readonly ItemShape[]} */
const ON_THEIR_WAY = [
  PICTURE_UPLOAD,
  CLIP_UPLOAD,
  LIKE,
  { ...FERRY, state: "blocked", waits_for: [PICTURE_UPLOAD.mutation] },
  { ...HARBOUR, state: "blocked", waits_for: [CLIP_UPLOAD.mutation] },
  { ...COMMENT, state: "blocked", waits_for: [FERRY.mutation] },
  { ...MESSAGE, state: "ready" },
];

/** @type {readonly ItemShape[]} */
export const PARKED = [
  item(
    11,
    "post.update",
    { post: { update: { id: id(111), text: "The regatta starts at ten, not at nine." } } },
    {
      state: "parked",
      attempts: 1,
      parked: { reason: "rejected", status: 412, code: "stale", detail: "it stands at version 7", current: '"7"' },
    },
  ),
  item(
    12,
    "comment.create",
    { comment: { create: { id: id(112), post: id(140), text: "Does anybody have a spare shackle, 8 mm?" } } },
    {
      state: "parked",
      attempts: 1,
      parked: {
        reason: "rejected",
        status: 404,
        code: "gone",
        detail: "the post that this comment is on was taken away",
      },
    },
  ),
  item(
    13,
    "post.create",
    { post: { create: { id: id(113), text: "New sails, at last.", media: [] } } },
    { state: "parked", attempts: 5, parked: { reason: "exhausted", detail: "the server answered 500 (internal error)" } },
  ),
  item(
    14,
    "message.send",
    { message: { create: { id: id(114), conversation: id(130), text: "Bring the long line.", media: null } } },
    {
      state: "parked",
      attempts: 1,
      parked: { reason: "uncertain", detail: "the answer was lost, and the server has since been restored" },
    },
  ),
  item(
    15,
    "poll.create",
    { poll: {} },
    { state: "parked", parked: { reason: "unreadable", detail: "unknown kind of write: poll.create" } },
  ),
];

const LATE = item(
  16,
  "post.like",
  { like: { post: id(113), liked: true } },
  { state: "late", waits_for: [id(13)] },
);

/** @type {readonly { name: string, title: string, state: SyncStateShape, items: readonly ItemShape[] }[]} */
export const PANELS = [
  { name: "arrived", title: "Everything has arrived", state: IDLE, items: [] },
  {
    name: "syncing",
    title: "Sending, with uploads",
    state: { ...SYNCING, bytes: { done: 1_310_720, total: PICTURE.size + CLIP.size }, blocked: 3 },
    items: ON_THEIR_WAY,
  },
  {
    name: "unreachable",
    title: "Offline, and trying again by itself",
    state: { ...OFFLINE, pending: 2, message: "connection refused", next_attempt_in_ms: 12_000 },
    items: [{ ...COMMENT, attempts: 3, state: "ready" }, MESSAGE],
  },
  {
    name: "by-choice",
    title: "Offline by choice",
    state: { ...OFFLINE, cause: "by_choice", message: "offline by choice", pending: 2 },
    items: [COMMENT, MESSAGE],
  },
  {
    name: "failed",
    title: "Five that need the user",
    state: { ...FAILED, failed: PARKED.length, pending: 1, blocked: 1 },
    items: [...PARKED, LATE],
  },
  { name: "sign-in", title: "Signed out", state: pillState("sign-in"), items: [COMMENT, MESSAGE, LIKE, FERRY] },
  { name: "server-restored", title: "Server restored", state: pillState("server-restored"), items: [COMMENT, MESSAGE] },
];

/**
 * The state of a pill.
 *
 * @param {string} name
 * @returns {SyncStateShape}
 */
export function pillState(name) {
  return PILLS.find((pill) => pill.name === name)?.state ?? IDLE;
}
