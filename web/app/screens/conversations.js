/**
 * With whom one talks, the most recently active first.
 *
 * Owns nothing but the list. A conversation is begun from somebody's profile.
 */
import { el, show } from "../dom.js";
import { KeyedList } from "../list.js";
import { asking, PagedList, ServerPages } from "../pages.js";
import { keepFresh } from "../parts/keep-fresh.js";
import { listEnd } from "../parts/list-end.js";
import { link } from "../route.js";
import { conversationRow } from "../rows/conversation.js";

/** @typedef {import("../../package/index.js").ConversationView} ConversationView */

/** New conversations come with reads: so often one is made while the list is looked at. */
const READ_EVERY_MS = 15_000;

/**
 * @param {import("../rows/post.js").Context} context
 * @returns {import("../shell.js").Screen}
 */
export function conversationsScreen(context) {
  const { client } = context;
  const title = el("h1", { tabindex: -1 }, "Messages");
  const container = el("div", { class: "pages" });
  const nothing = el("p", { class: "nothing", hidden: true }, "No conversation yet. ", el("a", { href: link.find }, "Find somebody"), " and write to them.");
  const end = listEnd(() => server.again());
  /** @type {KeyedList<ConversationView>} */
  const list = new KeyedList((view) => view.id, (view) => conversationRow(context, view));
  let isKnown = false;
  const hint = () => show(nothing, isKnown && list.size === 0 && end.node.dataset.state !== "reading");
  const server = new ServerPages(
    (cursor) => client.read({ read: "conversations", cursor }),
    (state, error) => {
      end.update(state, error);
      hint();
    },
  );
  const pages = new PagedList({
    container,
    list,
    ask: asking(
      (after) => client.live({ query: "conversations", after }),
      (listed) => listed,
    ),
    reached: (index, isLast) => void (isLast ? server.more() : server.reach(index + 1)),
    shown: () => {
      isKnown = true;
      hint();
    },
  });
  const leaveFresh = keepFresh(client, { everyMs: READ_EVERY_MS, read: () => server.freshen(), again: () => server.again() });
  void server.reach(1);
  return {
    title: "Messages",
    heading: title,
    node: el("div", { class: "screen conversations" }, el("div", { class: "screen-head" }, title), el("section", { "aria-label": "Conversations" }, container, nothing, end.node)),
    close: () => {
      leaveFresh();
      server.close();
      pages.close();
    },
  };
}
