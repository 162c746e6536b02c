/**
 * What the inspector calls things.
 *
 * Owns names of states, lanes and outcomes, and short ids. What the app's rows say is in `../words.js`.
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
 * What an item is about.
 * @param {Item} item
 */
export function aboutWords({ upload, entity }) {
  return upload ? `file ${upload.slice(0, 8)}` : `${entity.kind} ${short(entity.id)}`;
}

/**
 * The lane of an item, which is called after what the item is about where it is that one's own.
 * @param {Item} item
 */
export function laneWords(item) {
  return item.lane === item.entity.id ? aboutWords(item) : `lane ${short(item.lane)}`;
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
