/**
 * A long list of posts: of a feed, or of one author.
 *
 * Owns the joining of pages, rows, and reads of the server. Never decides which posts.
 */
import { el, show } from "../dom.js";
import { KeyedList } from "../list.js";
import { asking, PagedList, ServerPages } from "../pages.js";
import { postRow } from "../rows/post.js";
import { keepFresh } from "./keep-fresh.js";
import { listEnd } from "./list-end.js";

/** New posts come with reads: so often one is made while a list is looked at. */
const READ_EVERY_MS = 30_000;

/**
 * @typedef {import("../../package/index.js").PostView} PostView
 * @typedef {import("../../package/index.js").Listed<PostView>} Posts
 */

/**
 * @param {import("../rows/post.js").Context} context
 * @param {object} options
 * @param {string} options.label
 * @param {Node} options.empty shown where there is none
 * @param {(after: string | null) => import("../../package/index.js").Live<Posts>} options.live
 * @param {(cursor: string | null) => Promise<{ next: string | null }>} options.read
 */
export function postList(context, { label, empty, live, read }) {
  /** @type {KeyedList<PostView>} */
  const list = new KeyedList((view) => view.id, (view) => postRow(context, view));
  const container = el("div", { class: "pages" });
  const nothing = el("div", { class: "nothing", hidden: true }, empty);
  const end = listEnd(() => server.again());
  const server = new ServerPages(read, (state, error) => {
    end.update(state, error);
    hint();
  });
  let isKnown = false;
  const hint = () => show(nothing, isKnown && list.size === 0 && end.node.dataset.state !== "reading");
  const pages = new PagedList({
    container,
    list,
    ask: asking(live, (listed) => listed),
    reached: (index, isLast) => void (isLast ? server.more() : server.reach(index + 1)),
    shown: () => {
      isKnown = true;
      hint();
    },
  });
  const leave = keepFresh(context.client, { everyMs: READ_EVERY_MS, read: () => server.freshen(), again: () => server.again() });
  void server.reach(1);
  return {
    node: el("section", { class: "post-list", "aria-label": label }, container, nothing, end.node),
    refresh: () => void server.freshen(),
    close: () => {
      leave();
      server.close();
      pages.close();
    },
  };
}
