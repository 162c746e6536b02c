/**
 * One post, in a feed or on top of its thread.
 *
 * Owns its element and what can be done to it from there. Patched in place by each newer view; never asks for data itself.
 */
import { attribute, el, say, show } from "../dom.js";
import { icon } from "../icons.js";
import { POST_TEXT_MAX } from "../limits.js";
import { byline } from "../parts/byline.js";
import { failure } from "../parts/failure.js";
import { ownActions } from "../parts/own-actions.js";
import { pictures } from "../parts/pictures.js";
import { syncMark } from "../parts/sync-mark.js";
import { toast } from "../parts/toast.js";
import { link } from "../route.js";
import { counted, number, shownName, whatWentWrong } from "../words.js";

/**
 * @typedef {import("../../package/index.js").PostView} PostView
 * @typedef {{ client: import("../../package/index.js").Client, me: string }} Context
 */

/**
 * @param {Context} context
 * @param {PostView} first
 * @returns {import("../list.js").Row<PostView>}
 */
export function postRow({ client, me }, first) {
  let view = first;
  const isMine = view.author.id === me;
  const by = byline(me, view, link.post(view.id));
  const text = el("p", { class: "text" });
  const shownPictures = pictures(client, shownName(view.author.name));
  const failed = failure(client, "post");
  const likeFailed = failure(client, "like");

  const likes = el("span", { class: "count" });
  const likeMark = syncMark(false);
  const like = el("button", { type: "button", class: "count-button like", on: { click: toggleLike } }, icon("heart"), likes, likeMark.node);
  const comments = el("span", { class: "count" });
  const thread = el("a", { class: "count-button", href: link.post(view.id) }, icon("comment"), comments);
  const own = isMine
    ? ownActions({
        what: "post",
        max: POST_TEXT_MAX,
        shown: text,
        text: () => view.text,
        update: (changed) => client.mutate({ post: { update: { id: view.id, text: changed } } }),
        remove: () => client.mutate({ post: { delete: { id: view.id } } }),
      })
    : null;
  const node = el(
    "article",
    { class: "row post", tabindex: -1, "data-id": view.id, "aria-label": `Post of ${shownName(view.author.name)}` },
    by.node,
    el("div", { class: "row-body" }, text, shownPictures.node, failed.node, likeFailed.node, el("div", { class: "post-bar" }, like, thread, own?.node)),
  );

  async function toggleLike() {
    try {
      await client.mutate({ like: { post: view.id, liked: !view.liked } });
    } catch (error) {
      toast(whatWentWrong(error));
    }
  }

  /** @param {PostView} next */
  const update = (next) => {
    view = next;
    by.update(next);
    say(text, next.text);
    if (!own?.isEditing()) show(text, next.text !== "");
    shownPictures.update(next.media);
    failed.update(next.sync);
    likeFailed.update(next.like_sync);
    attribute(node, "data-sync", next.sync.status);
    attribute(like, "aria-pressed", String(next.liked));
    attribute(like, "aria-label", `Like, ${counted(next.likes, "like")}`);
    say(likes, next.likes === 0 ? "" : number(next.likes));
    likeMark.update(next.like_sync);
    attribute(thread, "aria-label", counted(next.comments, "comment"));
    say(comments, next.comments === 0 ? "" : number(next.comments));
  };
  update(view);
  const close = () => {
    by.close();
    shownPictures.close();
  };
  return { node, update, close };
}
