/**
 * Who wrote something and when, and where it stands.
 *
 * Owns the line above a text. Never shows a mark for what others wrote: that has arrived, or it would not be here.
 */
import { attribute, el, say, show } from "../dom.js";
import { link } from "../route.js";
import { shownName } from "../words.js";
import { avatar } from "./avatar.js";
import { moment } from "./moment.js";
import { syncMark } from "./sync-mark.js";

/**
 * @typedef {{ author: import("../../package/index.js").UserView, created_at: number, edited: boolean, sync: import("../../package/index.js").EntityStatus }} Written
 */

/**
 * @param {string} me
 * @param {Written} first
 * @param {string | null} to where the time leads
 */
export function byline(me, first, to) {
  const face = avatar(shownName(first.author.name));
  const faceLink = el("a", { class: "byline-face", tabindex: -1, "aria-hidden": "true" }, face.node);
  const name = el("a", { class: "byline-name" });
  const when = moment(first.created_at);
  const edited = el("span", { class: "byline-edited" }, "edited");
  const mark = syncMark(true);
  const node = el("header", { class: "byline" }, faceLink, name, to ? el("a", { class: "byline-when", href: to }, when.node) : when.node, edited, mark.node);

  /** @param {Written} view */
  const update = (view) => {
    const shown = shownName(view.author.name);
    face.update(shown);
    say(name, shown);
    attribute(name, "href", link.user(view.author.id));
    attribute(faceLink, "href", link.user(view.author.id));
    when.update(view.created_at);
    show(edited, view.edited);
    mark.update(view.sync);
    show(mark.node, view.author.id === me || view.sync.status !== "synced");
  };
  return { node, update, close: when.close };
}
