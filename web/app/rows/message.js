/**
 * One message of a conversation: mine on one side, the other one's on the other.
 *
 * Owns its element. Patched in place; never asks for data itself. A message cannot be changed; one that has failed can be, before it goes again.
 */
import { attribute, el, say, show } from "../dom.js";
import { failure } from "../parts/failure.js";
import { moment } from "../parts/moment.js";
import { pictures } from "../parts/pictures.js";
import { syncMark } from "../parts/sync-mark.js";
import { shownName } from "../words.js";

/** @typedef {import("../../package/index.js").MessageView} MessageView */

/**
 * @param {import("./post.js").Context} context
 * @param {MessageView} first
 * @returns {import("../list.js").Row<MessageView>}
 */
export function messageRow({ client, me }, first) {
  const isMine = first.author.id === me;
  const who = isMine ? "you" : shownName(first.author.name);
  const text = el("p", { class: "text" });
  const shownPictures = pictures(client, who);
  const failed = failure(client, "message");
  const when = moment(first.created_at);
  const mark = syncMark(true);
  const node = el(
    "article",
    { class: `message ${isMine ? "mine" : "theirs"}`, tabindex: -1, "data-id": first.id, "aria-label": `Message from ${who}` },
    el("div", { class: "bubble" }, shownPictures.node, text, el("div", { class: "message-foot" }, when.node, isMine && mark.node)),
    failed.node,
  );

  /** @param {MessageView} next */
  const update = (next) => {
    say(text, next.text);
    show(text, next.text !== "");
    shownPictures.update(next.media);
    when.update(next.created_at);
    mark.update(next.sync);
    failed.update(next.sync);
    attribute(node, "data-sync", next.sync.status);
  };
  update(first);
  const close = () => {
    when.close();
    shownPictures.close();
  };
  return { node, update, close };
}
