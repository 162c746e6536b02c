/**
 * One post with its comments, and the place to write one.
 *
 * Owns what a new comment is made of. Where the post is deleted while it is looked at, says so.
 */
import { el, show } from "../dom.js";
import { follow } from "../follow.js";
import { COMMENT_TEXT_MAX } from "../limits.js";
import { KeyedList } from "../list.js";
import { asking, PagedList } from "../pages.js";
import { backLink } from "../parts/back-link.js";
import { composer } from "../parts/composer.js";
import { keepFresh } from "../parts/keep-fresh.js";
import { listEnd } from "../parts/list-end.js";
import { commentRow } from "../rows/comment.js";
import { postRow } from "../rows/post.js";

/** New comments come with reads: so often one is made while a post is looked at. */
const READ_EVERY_MS = 15_000;

/**
 * @typedef {import("../../package/index.js").PostView} PostView
 * @typedef {import("../../package/index.js").CommentView} CommentView
 */

/**
 * @param {import("../rows/post.js").Context} context
 * @param {string} post
 * @returns {import("../shell.js").Screen}
 */
export function threadScreen(context, post) {
  const { client } = context;
  const title = el("h1", { tabindex: -1 }, "Post");
  const place = el("div", { class: "thread-post" });
  const gone = el("p", { class: "nothing", hidden: true }, "This post is not here. It may have been deleted, or it was never read on this device.");
  const container = el("div", { class: "pages" });
  const end = listEnd(() => read());
  /** @type {KeyedList<PostView>} */
  const posts = new KeyedList((view) => view.id, (view) => postRow(context, view));
  /** @type {KeyedList<CommentView>} */
  const comments = new KeyedList((view) => view.id, (view) => commentRow(context, view));

  const write = composer({
    client,
    label: "Write a comment",
    placeholder: "Write a comment",
    button: "Comment",
    max: COMMENT_TEXT_MAX,
    pictures: 0,
    draft: `draft:comment:${post}`,
    isCompact: true,
    send: async (text) => {
      await client.mutate({ comment: { create: { id: client.newId(), post, text } } });
    },
  });
  const discussion = el("section", { class: "comments", "aria-label": "Comments", hidden: true }, el("h2", null, "Comments"), container, write.node);

  let isReading = true;
  async function read() {
    isReading = true;
    end.update("reading");
    try {
      await client.read({ read: "thread", post });
      end.update("end");
    } catch (error) {
      end.update("unread", error);
    }
    isReading = false;
    show(gone, isGone && !isReading);
  }

  let isGone = false;
  const leavePost = follow(client.live({ query: "post", post }), (view) => {
    posts.show(place, view ? [view] : []);
    isGone = view === null;
    show(discussion, !isGone);
    show(gone, isGone && !isReading);
  });
  const pages = new PagedList({
    container,
    list: comments,
    ask: asking(
      (after) => client.live({ query: "thread", post, after }),
      (thread) => thread?.comments ?? { rows: [], next: null },
    ),
  });
  const leaveFresh = keepFresh(client, { everyMs: READ_EVERY_MS, read });
  void read();
  return {
    title: "Post",
    heading: title,
    node: el("div", { class: "screen thread" }, el("div", { class: "screen-head" }, backLink(), title), place, gone, discussion, end.node),
    close: () => {
      leavePost();
      leaveFresh();
      pages.close();
      posts.close();
      write.close();
    },
  };
}
