/**
 * What the inspector calls things.
 *
 * Owns names of states and outcomes, and short ids. What the app's rows say is in `../words.js`.
 *
 * @typedef {import("../../package/index.js").Item} Item
 * @typedef {import("../../package/index.js").Outcome} Outcome
 */
import { sentence } from "../words.js";

/** @type {Record<Item["state"], string>} */
export const STATE_WORDS = {
  waiting: "waits for its lane",
  blocked: "blocked",
  late: "late: what it waits for is parked",
  ready: "ready",
  in_flight: "in flight",
  parked: "parked",
};

/**
 * The last eight digits of an id: the first ones tell the time, and are alike among neighbours.
 * @param {string} id
 */
export function short(id) {
  return id.replaceAll("-", "").slice(-8);
}

/**
 * In which lane an item is, as far as it can be seen from outside: messages are in their conversation's, an upload in its own, the rest in that of
 * what it is about.
 * @param {Item} item
 */
export function laneOf(item) {
  if (item.upload) return { key: `upload ${item.upload}`, words: `file ${item.upload.slice(0, 8)}` };
  const conversation = conversationOf(item);
  if (conversation) return { key: conversation, words: `conversation ${short(conversation)}` };
  return { key: item.entity.id, words: `${item.entity.kind} ${short(item.entity.id)}` };
}

/**
 * @param {Item} item
 * @returns {string | null}
 */
function conversationOf(item) {
  if (item.entity.kind !== "message") return null;
  try {
    const { message } = JSON.parse(item.payload);
    return (message.create ?? message.delete).conversation ?? null;
  } catch {
    return null;
  }
}

/** @param {Outcome} outcome */
export function outcomeWords(outcome) {
  switch (outcome.outcome) {
    case "synced":
      return "took effect";
    case "discarded":
      return "discarded";
    case "parked":
      return `${outcome.reason}. ${sentence(outcome.detail)}`;
  }
}
