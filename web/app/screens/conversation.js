/**
 * What two people say to each other, the newest at the bottom.
 *
 * Owns what a message is made of, that the conversation is opened with the first one, and that the bottom stays in sight while one is there.
 */
import { attribute, el, say, show } from "../dom.js";
import { follow } from "../follow.js";
import { MESSAGE_MEDIA_MAX, MESSAGE_TEXT_MAX } from "../limits.js";
import { KeyedList } from "../list.js";
import { asking, PagedList, ServerPages } from "../pages.js";
import { avatar } from "../parts/avatar.js";
import { backLink } from "../parts/back-link.js";
import { composer } from "../parts/composer.js";
import { keepFresh } from "../parts/keep-fresh.js";
import { listEnd } from "../parts/list-end.js";
import { stayAtBottom } from "../parts/stay-at-bottom.js";
import { link } from "../route.js";
import { messageRow } from "../rows/message.js";
import { shownName } from "../words.js";

/** @typedef {import("../../package/index.js").MessageView} MessageView */

/** New messages come with reads: so often one is made while the conversation is looked at. */
const READ_EVERY_MS = 10_000;

/**
 * @param {import("../rows/post.js").Context} context
 * @param {string} user the other one
 * @returns {import("../shell.js").Screen}
 */
export function conversationScreen(context, user) {
  const { client } = context;
  const name = el("a", { href: link.user(user) }, "Conversation");
  const title = el("h1", { tabindex: -1 }, name);
  const face = avatar("");
  const container = el("div", { class: "pages" });
  const nothing = el("p", { class: "nothing", hidden: true }, "Nothing said yet.");
  const end = listEnd(() => server?.again());
  /** @type {KeyedList<MessageView>} */
  const list = new KeyedList((view) => view.id, (view) => messageRow(context, view));
  /** @type {ServerPages | null} */
  let server = null;
  /** @type {(() => void)[]} */
  const leaving = [];
  let isClosed = false;
  let conversation = "";
  let isKnown = false;

  const write = composer({
    client,
    label: "Write a message",
    placeholder: "Write a message",
    button: "Send",
    max: MESSAGE_TEXT_MAX,
    pictures: MESSAGE_MEDIA_MAX,
    draft: `draft:message:${user}`,
    isCompact: true,
    // With a keyboard on the glass, Enter is needed for lines.
    sendsOnEnter: matchMedia("(pointer: fine)").matches,
    send: async (text, pictures) => {
      const create = { id: client.newId(), conversation, text, media: pictures[0]?.media ?? null };
      const message = { mutation: { message: { create } }, files: pictures.map((one) => one.staged) };
      if (isKnown) await client.mutate(message);
      else await client.mutate({ open_conversation: { user } }, message);
      isKnown = true;
      bottom.go();
    },
  });
  const node = el(
    "div",
    { class: "screen conversation-screen" },
    el("div", { class: "screen-head" }, backLink(link.conversations), face.node, title),
    el("section", { class: "messages", "aria-label": "Messages" }, end.node, nothing, container),
    write.node,
  );
  const bottom = stayAtBottom(container);
  leaving.push(bottom.close);

  leaving.push(
    follow(client.live({ query: "profile", user }), (profile) => {
      const shown = shownName(profile?.user.name ?? "");
      say(name, shown);
      face.update(shown);
      attribute(write.node, "aria-label", `Write to ${shown}`);
    }),
  );

  async function begin() {
    const found = await client.query({ query: "conversation_with", user });
    if (isClosed) return;
    ({ conversation, known: isKnown } = found);
    server = new ServerPages((cursor) => client.read({ read: "messages", conversation, cursor }), end.update);
    const reads = server;
    const pages = new PagedList({
      container,
      list,
      upwards: true,
      ask: asking(
        (after) => client.live({ query: "conversation", conversation, after }),
        (listed) => listed,
      ),
      reached: (index, isLast) => void (isLast ? reads.more() : reads.reach(index + 1)),
      shown: () => {
        show(nothing, list.size === 0);
        bottom.keep();
      },
    });
    leaving.push(
      () => pages.close(),
      () => reads.close(),
      keepFresh(client, { everyMs: READ_EVERY_MS, read: () => reads.freshen(), again: () => reads.again() }),
    );
    void reads.reach(1);
  }
  void begin().catch((error) => end.update("unread", error));
  return {
    title: "Conversation",
    heading: title,
    node,
    close: () => {
      isClosed = true;
      write.close();
      leaving.forEach((leave) => leave());
    },
  };
}
