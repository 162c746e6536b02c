/**
 * What stands around every screen: header, navigation, notices, and the place where the screen of the address is.
 *
 * Owns which screen is shown, where the focus goes with it, and that a feed which is left and come back to stands where it stood. Never reads data.
 */
import { attribute, el } from "./dom.js";
import { brandMark, icon } from "./icons.js";
import { notices } from "./notices.js";
import { link, parse } from "./route.js";
import { conversationScreen } from "./screens/conversation.js";
import { conversationsScreen } from "./screens/conversations.js";
import { feedScreen } from "./screens/feed.js";
import { findScreen } from "./screens/find.js";
import { nothingScreen } from "./screens/nothing.js";
import { profileScreen } from "./screens/profile.js";
import { threadScreen } from "./screens/thread.js";

/**
 * @typedef {object} Screen
 * @property {string} title
 * @property {HTMLElement} heading gets the focus when the screen is shown
 * @property {HTMLElement} node
 * @property {() => void} close
 * @property {() => void} [resumed] it is shown again; only for screens that are kept
 */

/** @typedef {{ screen: Screen, key: string, scroll: number }} Kept */

/**
 * @param {import("../package/index.js").Client} client
 * @param {import("../package/index.js").Account} account
 */
export async function shell(client, account) {
  const { id: me } = await client.query({ query: "me" });
  const context = { client, me };
  const main = el("main", { id: "main", tabindex: -1 });
  const status = /** @type {HTMLElement & { client?: unknown }} */ (document.createElement("sync-status"));
  status.client = client;
  // The pill says that one must sign in; where that is done is a notice's.
  status.addEventListener("action", (event) => {
    if (/** @type {CustomEvent<{ action: string }>} */ (event).detail.action === "sign_in") shownNotices.signIn();
  });
  /** @type {[string, string, import("./icons.js").IconName][]} */
  const places = [
    [link.following, "Home", "home"],
    [link.conversations, "Messages", "messages"],
    [link.find, "Find", "find"],
    [link.user(me), "You", "person"],
  ];
  const links = places.map(([href, words, picture]) => el("a", { class: "nav-link", href }, icon(picture), el("span", null, words)));
  const shownNotices = notices(client, account);
  const skip = el("a", { class: "skip", href: "#main", on: { click: (/** @type {Event} */ event) => (event.preventDefault(), main.focus()) } }, "Skip to content");
  const node = el(
    "div",
    { class: "shell" },
    skip,
    el("header", { class: "bar" }, el("a", { class: "brand", href: link.following, "aria-label": "Outrigger, home" }, brandMark(), el("span", { class: "brand-name" }, "Outrigger")), status),
    el("nav", { class: "nav", "aria-label": "Main" }, ...links),
    el("div", { class: "stage" }, shownNotices.node, main),
  );

  /** @type {Kept | null} */
  let current = null;
  /** A feed that was left: its rows and its place. @type {Kept | null} */
  let kept = null;

  function leave() {
    if (!current) return;
    current.screen.node.remove();
    if (parse(current.key).screen === "feed") {
      kept?.screen.close();
      kept = current;
    } else {
      current.screen.close();
    }
    current = null;
  }

  /** @param {boolean} takesFocus */
  function go(takesFocus) {
    const key = location.hash || link.following;
    if (current) current.scroll = window.scrollY;
    leave();
    if (kept?.key === key) {
      current = kept;
      kept = null;
    } else {
      current = { screen: make(context, key), key, scroll: 0 };
    }
    const { screen } = current;
    main.replaceChildren(screen.node);
    document.title = `${screen.title} · Outrigger`;
    for (const one of links) attribute(one, "aria-current", isAt(one.getAttribute("href") ?? "", key) ? "page" : null);
    window.scrollTo({ top: current.scroll, behavior: "instant" });
    screen.resumed?.();
    if (takesFocus) screen.heading.focus({ preventScroll: true });
  }

  const changed = () => go(true);
  /** Where one is already, its link leads to the top and to what is new. */
  const clicked = (/** @type {MouseEvent} */ event) => {
    const target = event.target instanceof Element ? event.target.closest("a") : null;
    if (!target || target.getAttribute("href") !== current?.key) return;
    window.scrollTo({ top: 0 });
    current.screen.resumed?.();
  };
  // Screens that are kept know where they stood; the others begin at their top.
  history.scrollRestoration = "manual";
  window.addEventListener("hashchange", changed);
  node.addEventListener("click", clicked);
  return {
    node,
    /** @param {boolean} takesFocus */
    begin: (takesFocus) => go(takesFocus),
    close: () => {
      window.removeEventListener("hashchange", changed);
      leave();
      kept?.screen.close();
      shownNotices.close();
      node.remove();
    },
  };
}

/**
 * @param {import("./rows/post.js").Context} context
 * @param {string} hash
 * @returns {Screen}
 */
function make(context, hash) {
  const route = parse(hash);
  switch (route.screen) {
    case "feed":
      return feedScreen(context, route.scope);
    case "thread":
      return threadScreen(context, route.post);
    case "profile":
      return profileScreen(context, route.user);
    case "conversations":
      return conversationsScreen(context);
    case "conversation":
      return conversationScreen(context, route.user);
    case "find":
      return findScreen(context);
    case "nothing":
      return nothingScreen();
  }
}

/**
 * Whether a place of the navigation is the one of this address.
 * @param {string} href
 * @param {string} hash
 */
function isAt(href, hash) {
  const [place, here] = [parse(href), parse(hash)];
  if (place.screen === "profile") return href === hash;
  if (place.screen === "conversations") return here.screen === "conversations" || here.screen === "conversation";
  return place.screen === here.screen;
}
