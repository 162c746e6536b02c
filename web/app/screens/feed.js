/**
 * The feed: what the people whom one follows write, or everybody, and the place to write oneself.
 *
 * Owns the choice of the scope and what a new post is made of. Never orders posts: the engine does.
 */
import { el } from "../dom.js";
import { POST_MEDIA_MAX, POST_TEXT_MAX } from "../limits.js";
import { composer } from "../parts/composer.js";
import { postList } from "../parts/post-list.js";
import { link } from "../route.js";

/**
 * @param {import("../rows/post.js").Context} context
 * @param {"following" | "everyone"} scope
 * @returns {import("../shell.js").Screen}
 */
export function feedScreen(context, scope) {
  const { client } = context;
  const isMine = scope === "following";
  const title = el("h1", { class: "visually-hidden", tabindex: -1 }, isMine ? "Following" : "Everyone");
  /** @param {string} href @param {string} words @param {boolean} isHere */
  const tab = (href, words, isHere) => el("a", { href, "aria-current": isHere ? "page" : null }, words);
  const write = composer({
    client,
    label: "Write a post",
    placeholder: "What is new?",
    button: "Post",
    max: POST_TEXT_MAX,
    pictures: POST_MEDIA_MAX,
    draft: "draft:post",
    send: async (text, pictures) => {
      const create = { id: client.newId(), text, media: pictures.map((one) => one.media) };
      await client.mutate({ mutation: { post: { create } }, files: pictures.map((one) => one.staged) });
    },
  });
  const posts = postList(context, {
    label: "Posts",
    empty: isMine
      ? el("p", null, "Nothing here yet. Write the first post, or see what ", el("a", { href: link.everyone }, "everyone"), " writes.")
      : el("p", null, "Nobody has written anything yet. Be the first."),
    live: (after) => client.live({ query: "feed", scope, after }),
    read: (cursor) => client.read({ read: "feed", scope, cursor }),
  });
  return {
    title: isMine ? "Following" : "Everyone",
    heading: title,
    node: el(
      "div",
      { class: "screen feed" },
      title,
      el("nav", { class: "tabs", "aria-label": "Which posts" }, tab(link.following, "Following", isMine), tab(link.everyone, "Everyone", !isMine)),
      write.node,
      posts.node,
    ),
    resumed: () => posts.refresh(),
    close: () => {
      write.close();
      posts.close();
    },
  };
}
