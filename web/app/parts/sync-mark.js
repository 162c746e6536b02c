/**
 * The small mark on a row that says where it stands: a clock, an arrow, a tick, a red mark.
 *
 * Owns the picture and the words of an `EntityStatus`. Never acts: see `failure.js`.
 */
import { attribute, el } from "../dom.js";
import { icon } from "../icons.js";
import { standing } from "../words.js";

/** @typedef {import("../../package/index.js").EntityStatus} EntityStatus */

/** @type {Record<EntityStatus["status"], import("../icons.js").IconName>} */
const PICTURES = { synced: "tick", pending: "clock", syncing: "sending", failed: "alert" };

/** @param {boolean} showsSynced whether what has arrived has a mark too */
export function syncMark(showsSynced) {
  const node = el("span", { class: "mark", role: "img" });
  let shown = "";
  /** @param {EntityStatus} status */
  const update = (status) => {
    const words = standing(status);
    attribute(node, "aria-label", words);
    attribute(node, "title", words);
    node.hidden = status.status === "synced" && !showsSynced;
    if (status.status === shown) return;
    shown = status.status;
    node.dataset.status = shown;
    node.replaceChildren(icon(PICTURES[status.status]));
  };
  return { node, update };
}
