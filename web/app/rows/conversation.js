/**
 * One conversation in the list of them: with whom, and the last that was said.
 *
 * Owns its element. Patched in place; never asks for data itself.
 */
import { attribute, el, say, show } from "../dom.js";
import { avatar } from "../parts/avatar.js";
import { failure } from "../parts/failure.js";
import { moment } from "../parts/moment.js";
import { syncMark } from "../parts/sync-mark.js";
import { link } from "../route.js";
import { shownName } from "../words.js";

/** @typedef {import("../../package/index.js").ConversationView} ConversationView */

/**
 * @param {import("./post.js").Context} context
 * @param {ConversationView} first
 * @returns {import("../list.js").Row<ConversationView>}
 */
export function conversationRow({ client, me }, first) {
  const face = avatar(shownName(first.with.name));
  const name = el("span", { class: "conversation-name" });
  const last = el("span", { class: "conversation-last" });
  const when = moment(first.last?.created_at ?? Date.now());
  const mark = syncMark(true);
  const failed = failure(client, "conversation");
  const opened = el(
    "a",
    { class: "conversation-link", href: link.conversation(first.with.id) },
    face.node,
    el("span", { class: "conversation-words" }, name, last),
    el("span", { class: "conversation-state" }, when.node, mark.node),
  );
  const node = el("article", { class: "row conversation", tabindex: -1, "data-id": first.id }, opened, failed.node);

  /** @param {ConversationView} next */
  const update = (next) => {
    const shown = shownName(next.with.name);
    face.update(shown);
    say(name, shown);
    const isMine = next.last?.author.id === me;
    say(last, lastWords(next, isMine));
    if (next.last) when.update(next.last.created_at);
    show(when.node, next.last !== null);
    const sync = next.sync.status === "synced" && next.last ? next.last.sync : next.sync;
    mark.update(sync);
    show(mark.node, isMine || sync.status !== "synced");
    failed.update(next.sync);
    attribute(node, "data-sync", sync.status);
  };
  update(first);
  return { node, update, close: when.close };
}

/**
 * @param {ConversationView} view
 * @param {boolean} isMine
 */
function lastWords({ last }, isMine) {
  if (!last) return "No message yet";
  const words = last.text === "" && last.media.length > 0 ? "A picture" : last.text;
  return isMine ? `You: ${words}` : words;
}
