/**
 * What is said on a row whose write waits for the user: why, and what can be done.
 *
 * Owns the words and the three ways on: retry, edit, discard, each of which the engine carries out. Never decides by itself.
 */
import { el, say, show } from "../dom.js";
import { icon } from "../icons.js";
import { COMMENT_TEXT_MAX, MESSAGE_TEXT_MAX, POST_TEXT_MAX } from "../limits.js";
import { counted, whatWentWrong, whyParked } from "../words.js";
import { ask } from "./dialog.js";
import { textEditor } from "./text-editor.js";
import { toast } from "./toast.js";

/**
 * @typedef {import("../../package/index.js").Client} Client
 * @typedef {import("../../package/index.js").EntityStatus} EntityStatus
 * @typedef {import("../../package/index.js").Mutation} Mutation
 * @typedef {{ text: string, max: number, to: (text: string) => Mutation }} Editable
 */

/**
 * @param {Client} client
 * @param {string} what what failed, as `post` or `like`
 */
export function failure(client, what) {
  let mutation = "";
  /** @type {Editable | null} */
  let editable = null;
  const node = el("div", { class: "failure", role: "group", "aria-label": `Your ${what} was not sent`, hidden: true });

  /** Most rows never fail, and there are many of them: what is inside is made when it is needed. @type {ReturnType<typeof make> | null} */
  let made = null;
  function make() {
    const why = el("p", { class: "failure-why" });
    const edit = action("Edit", "edit", () => beginEdit());
    const retry = action("Retry", "retry", () => attempt(() => client.retry(mutation)));
    const actions = el("div", { class: "row-actions" }, retry, edit, action("Discard", "trash", () => discard()));
    node.append(why, actions);
    return { why, edit, actions };
  }

  /** @param {() => Promise<unknown>} act */
  async function attempt(act) {
    try {
      await act();
    } catch (error) {
      toast(whatWentWrong(error));
    }
  }

  async function discard() {
    const answer = await ask({
      title: `Discard your ${what}?`,
      words: ["It is taken out of what waits, and with it whatever needs it. This cannot be undone."],
      answers: [{ answer: "discard", label: "Discard", kind: "danger" }],
    });
    if (answer !== "discard") return;
    await attempt(async () => {
      const { gone } = await client.discard(mutation);
      toast(gone.length > 1 ? `${counted(gone.length, "change")} discarded.` : "Discarded.");
    });
  }

  function beginEdit() {
    if (!editable || !made) return;
    const { edit, actions } = made;
    const { text, max, to } = editable;
    const editor = textEditor({
      label: `Change your ${what} and send it again`,
      text,
      max,
      save: (changed) => client.edit(mutation, to(changed)),
      done: () => {
        editor.node.remove();
        show(actions, true);
        if (!node.hidden) edit.focus();
      },
    });
    show(actions, false);
    node.append(editor.node);
    editor.focus();
  }

  /** What can be edited is known from the parked item itself. */
  async function learn() {
    const asked = mutation;
    const items = await client.items("parked").catch(() => []);
    if (asked !== mutation) return;
    const item = items.find((one) => one.mutation === mutation);
    editable = item && !item.upload ? textOf(item.payload) : null;
    if (made) show(made.edit, editable !== null);
  }

  /** @param {EntityStatus} status */
  const update = (status) => {
    show(node, status.status === "failed");
    if (status.status !== "failed") {
      mutation = "";
      return;
    }
    made ??= make();
    say(made.why, whyParked(status.parked, status.attempts));
    if (status.mutation === mutation) return;
    mutation = status.mutation;
    show(made.edit, false);
    void learn();
  };
  return { node, update };
}

/**
 * @param {string} label
 * @param {import("../icons.js").IconName} picture
 * @param {() => void} click
 */
function action(label, picture, click) {
  return el("button", { type: "button", class: "button quiet small", on: { click } }, icon(picture), label);
}

/**
 * The text of a write, and the same write with another one; `null` where it has none.
 * @param {string} payload
 * @returns {Editable | null}
 */
function textOf(payload) {
  /** @type {any} */
  let written;
  try {
    written = JSON.parse(payload);
  } catch {
    return null;
  }
  const limits = { post: POST_TEXT_MAX, comment: COMMENT_TEXT_MAX, message: MESSAGE_TEXT_MAX };
  for (const [kind, max] of Object.entries(limits)) {
    const change = written?.[kind];
    const verb = change?.create ? "create" : "update";
    const text = change?.[verb]?.text;
    if (typeof text === "string") {
      return { text, max, to: (changed) => /** @type {Mutation} */ ({ [kind]: { [verb]: { ...change[verb], text: changed } } }) };
    }
  }
  return null;
}
