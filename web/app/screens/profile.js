/**
 * Somebody: who they are, following them, writing to them, and what they wrote. One's own has the way out.
 *
 * Owns the head of the page. Never counts: the engine does.
 */
import { attribute, el, say, show } from "../dom.js";
import { follow } from "../follow.js";
import { icon } from "../icons.js";
import { avatar } from "../parts/avatar.js";
import { backLink } from "../parts/back-link.js";
import { failure } from "../parts/failure.js";
import { keepFresh } from "../parts/keep-fresh.js";
import { postList } from "../parts/post-list.js";
import { signOut } from "../parts/sign-out.js";
import { syncMark } from "../parts/sync-mark.js";
import { toast } from "../parts/toast.js";
import { link } from "../route.js";
import { counted, shownName, whatWentWrong } from "../words.js";

/** @typedef {import("../../package/index.js").ProfileView} ProfileView */

/** Counts come with reads: so often one is made while somebody is looked at. */
const READ_EVERY_MS = 30_000;

/**
 * @param {import("../rows/post.js").Context} context
 * @param {string} user
 * @returns {import("../shell.js").Screen}
 */
export function profileScreen(context, user) {
  const { client, me } = context;
  const isMe = user === me;
  const title = el("h1", { tabindex: -1 }, isMe ? "You" : "Profile");
  const head = profileHead(context, user, title);
  const posts = postList(context, {
    label: "Posts",
    empty: el("p", null, isMe ? "You have not written anything yet." : "Nothing written that is known here."),
    live: (after) => client.live({ query: "posts_of", user, after }),
    read: (cursor) => client.read({ read: "posts_of", user, cursor }),
  });
  // What was read before stays shown where this one fails: the list below says that it did.
  const read = () => client.read({ read: "profile", user }).catch(() => undefined);
  const leaveFresh = keepFresh(client, { everyMs: READ_EVERY_MS, read });
  void read();
  return {
    title: isMe ? "You" : "Profile",
    heading: title,
    node: el("div", { class: "screen profile" }, el("div", { class: "screen-head" }, backLink(), el("span", { class: "screen-head-words" }, isMe ? "You" : "Profile")), head.node, posts.node),
    close: () => {
      leaveFresh();
      head.close();
      posts.close();
    },
  };
}

/**
 * @param {import("../rows/post.js").Context} context
 * @param {string} user
 * @param {HTMLElement} title
 */
function profileHead({ client, me }, user, title) {
  /** @type {ProfileView | null} */
  let view = null;
  const isMe = user === me;
  const face = avatar("", "large");
  const counts = el("p", { class: "profile-counts" });
  const followWords = el("span");
  const mark = syncMark(false);
  const followButton = el("button", { type: "button", class: "button primary", on: { click: toggleFollow } }, followWords, mark.node);
  const failed = failure(client, "follow");
  const actions = el(
    "div",
    { class: "profile-actions" },
    !isMe && followButton,
    !isMe && el("a", { class: "button tonal", href: link.conversation(user) }, icon("messages"), "Message"),
    isMe && el("button", { type: "button", class: "button tonal", on: { click: () => signOut(client) } }, icon("leave"), "Sign out"),
    isMe && el("a", { class: "button quiet", href: "/inspector" }, icon("queue"), "Inspector"),
  );
  const node = el("div", { class: "profile-head" }, face.node, el("div", { class: "profile-words" }, title, counts), actions, failed.node);

  async function toggleFollow() {
    if (!view) return;
    try {
      await client.mutate({ follow: { user, followed: !view.followed } });
    } catch (error) {
      toast(whatWentWrong(error));
    }
  }

  const leave = follow(client.live({ query: "profile", user }), (next) => {
    view = next;
    show(actions, next !== null || isMe);
    if (!next) return;
    const name = shownName(next.user.name);
    face.update(name);
    say(title, name);
    say(counts, [counted(next.posts, "post"), counted(next.followers, "follower"), `${next.following} following`].join(" · "));
    say(followWords, next.followed ? "Following" : "Follow");
    attribute(followButton, "aria-pressed", String(next.followed));
    attribute(followButton, "class", next.followed ? "button tonal" : "button primary");
    mark.update(next.follow_sync);
    failed.update(next.follow_sync);
  });
  return { node, close: leave };
}
