/**
 * One comment under a post.
 *
 * Owns its element and what its author can do to it. Patched in place; never asks for data itself.
 */
import { attribute, el, say, show } from "../dom.js";
import { COMMENT_TEXT_MAX } from "../limits.js";
import { byline } from "../parts/byline.js";
import { failure } from "../parts/failure.js";
import { ownActions } from "../parts/own-actions.js";
import { shownName } from "../words.js";

/** @typedef {import("../../package/index.js").CommentView} CommentView */

/**
 * @param {import("./post.js").Context} context
 * @param {CommentView} first
 * @returns {import("../list.js").Row<CommentView>}
 */
export function commentRow({ client, me }, first) {
  let view = first;
  const by = byline(me, view, null);
  const text = el("p", { class: "text" });
  const failed = failure(client, "comment");
  const own =
    view.author.id === me
      ? ownActions({
          what: "comment",
          max: COMMENT_TEXT_MAX,
          shown: text,
          text: () => view.text,
          update: (changed) => client.mutate({ comment: { update: { id: view.id, post: view.post, text: changed } } }),
          remove: () => client.mutate({ comment: { delete: { id: view.id, post: view.post } } }),
        })
      : null;
  if (own) by.node.append(own.node);
  const node = el(
    "article",
    { class: "row comment", tabindex: -1, "data-id": view.id, "aria-label": `Comment of ${shownName(view.author.name)}` },
    by.node,
    el("div", { class: "row-body" }, text, failed.node),
  );

  /** @param {CommentView} next */
  const update = (next) => {
    view = next;
    by.update(next);
    say(text, next.text);
    if (!own?.isEditing()) show(text, true);
    failed.update(next.sync);
    attribute(node, "data-sync", next.sync.status);
  };
  update(view);
  return { node, update, close: by.close };
}
