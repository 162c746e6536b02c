/**
 * What somebody must know about where their things are kept and whether they can be sent: visible, and quiet.
 *
 * Owns which notices there are and their buttons. Never covers the screen; the one case that does is `screens/stopped.js`.
 */
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { credentials } from "./parts/credentials.js";
import { toast } from "./parts/toast.js";
import { newVersion } from "./register.js";
import { recall, remember } from "./tab-memory.js";
import { whatWentWrong } from "./words.js";

/**
 * @typedef {import("../package/index.js").Client} Client
 * @typedef {{ key: string, picture: import("./icons.js").IconName, tone: "info" | "warning" | "error", make: (dismiss: () => void) => (Node | string)[] }} Notice
 */

const DISMISSED = "dismissed";

/**
 * @param {Client} client
 * @param {import("../package/index.js").Account} account
 */
export function notices(client, account) {
  const node = el("div", { class: "notices", role: "region", "aria-label": "Notices" });
  /** @type {Map<string, HTMLElement>} */
  const shown = new Map();
  /** What was dismissed stays so over a reload, in this tab. @type {Set<string>} */
  const dismissed = new Set(JSON.parse(recall(DISMISSED) ?? "[]"));

  function update() {
    const wanted = wantedNotices(client, account).filter((notice) => !dismissed.has(notice.key));
    for (const [key, element] of shown) {
      if (wanted.some((notice) => notice.key === key)) continue;
      element.remove();
      shown.delete(key);
    }
    wanted.forEach((notice, index) => {
      const element = shown.get(notice.key) ?? make(notice);
      shown.set(notice.key, element);
      // What is worst stands first, whenever it came.
      if (node.children[index] !== element) node.insertBefore(element, node.children[index] ?? null);
    });
    // What is gone for now may come back, and is then news again.
    for (const key of dismissed) {
      if (!wantedNotices(client, account).some((notice) => notice.key === key)) dismissed.delete(key);
    }
  }

  /** @param {Notice} notice */
  function make({ key, picture, tone, make }) {
    return el("div", { class: `notice ${tone}`, role: "status", "data-notice": key }, icon(picture), el("div", { class: "notice-body" }, ...make(() => dismiss(key))));
  }

  /** @param {string} key */
  function dismiss(key) {
    dismissed.add(key);
    remember(DISMISSED, JSON.stringify([...dismissed]));
    update();
  }

  client.addEventListener("storage", update);
  client.state.addEventListener("change", update);
  newVersion.addEventListener("ready", update);
  update();
  return {
    node,
    /** Shows the form for signing in again, where that is needed. */
    signIn: () => {
      const begin = shown.get("sign-in")?.querySelector("button");
      begin?.scrollIntoView({ block: "center" });
      if (begin?.type === "button") begin.click();
    },
    close: () => {
      client.removeEventListener("storage", update);
      client.state.removeEventListener("change", update);
      newVersion.removeEventListener("ready", update);
    },
  };
}

/**
 * @param {Client} client
 * @param {import("../package/index.js").Account} account
 * @returns {Notice[]}
 */
function wantedNotices(client, account) {
  const { storage, state } = client;
  /** @type {Notice[]} */
  const wanted = [];
  if (state.current.cause === "sign_in") wanted.push(sessionEnded(client, account));
  if (state.current.cause === "server_restored") wanted.push(serverRestored(client));
  if (storage.evicted) wanted.push(EVICTED);
  if (storage.kind === "memory") wanted.push(IN_MEMORY);
  else if (!storage.persisted) wanted.push(notPersistent(client));
  if (newVersion.isReady) wanted.push(updated());
  return wanted;
}

/** @type {Notice} */
const EVICTED = {
  key: "evicted",
  picture: "storage",
  tone: "error",
  make: (dismiss) => [
    el("p", null, el("strong", null, "The browser removed what was kept on this device. "), "What had arrived is read from the server again; what had not been sent is lost."),
    el("div", { class: "row-actions" }, button("I understand", dismiss)),
  ],
};

/** @type {Notice} */
const IN_MEMORY = {
  key: "memory",
  picture: "storage",
  tone: "warning",
  make: () => [el("p", null, el("strong", null, "Nothing is kept on this device. "), "This window may be private, or the browser has no storage for this app: what is not sent is lost when the tab closes.")],
};

/** @param {Client} client @returns {Notice} */
function notPersistent(client) {
  return {
    key: "not-persistent",
    picture: "storage",
    tone: "info",
    make: (dismiss) => {
      const words = el("p", null, "The browser may remove what is kept here when the disk runs full.");
      const keep = button("Ask it to keep it", async () => {
        if (!(await client.persist())) words.textContent = "The browser has not promised to keep it. It may once the app is installed or used more often; send what waits before you leave for long.";
        keep.remove();
      });
      return [words, el("div", { class: "row-actions" }, keep, button("Dismiss", dismiss))];
    },
  };
}

/** @param {Client} client @returns {Notice} */
function serverRestored(client) {
  return {
    key: "server-restored",
    picture: "alert",
    tone: "error",
    make: () => [
      el("p", null, el("strong", null, "The server was restored from a backup, or replaced. "), "Nothing is sent until you say so. What it may have lost, and you wrote here, is sent to it again."),
      el("div", { class: "row-actions" }, button("Go on with this server", () => attempt(() => client.acceptServer()))),
    ],
  };
}

/**
 * @param {Client} client
 * @param {import("../package/index.js").Account} account
 * @returns {Notice}
 */
function sessionEnded(client, account) {
  return {
    key: "sign-in",
    picture: "alert",
    tone: "error",
    make: () => {
      const form = credentials({ button: "Sign in", isNew: false, name: account.name, submit: (name, password) => client.signIn(name, password) });
      const begin = button("Sign in again", () => {
        begin.replaceWith(form.node);
        form.focus();
      });
      return [el("p", null, el("strong", null, "Your session has ended. "), "What you write is kept here, and is sent once you sign in again."), el("div", null, begin)];
    },
  };
}

/** @returns {Notice} */
function updated() {
  return {
    key: "updated",
    picture: "retry",
    tone: "info",
    make: (dismiss) => [
      el("p", null, "A new version of this app is ready."),
      el("div", { class: "row-actions" }, button("Use it now", () => newVersion.use()), button("Later", dismiss)),
    ],
  };
}

/** @param {() => Promise<unknown>} act */
async function attempt(act) {
  try {
    await act();
  } catch (error) {
    toast(whatWentWrong(error));
  }
}

/**
 * @param {string} label
 * @param {() => unknown} click
 */
function button(label, click) {
  return el("button", { type: "button", class: "button quiet small", on: { click } }, label);
}
