/**
 * Where something new is written: a post, a comment or a message, with or without pictures.
 *
 * Owns the form, the draft, and that it is empty again the moment it is sent; where sending fails, what was written comes back. Never waits for the
 * network: `send` resolves when the write is durable.
 */
import { el, say, show } from "../dom.js";
import { icon } from "../icons.js";
import { forget, recall, remember } from "../tab-memory.js";
import { whatWentWrong } from "../words.js";
import { Attachments } from "./attachments.js";
import { characterCount } from "./text-editor.js";

/** @typedef {import("./attachments.js").Staged} Staged */

let count = 0;

/**
 * @param {object} options
 * @param {import("../../package/index.js").Client} options.client
 * @param {string} options.label
 * @param {string} options.placeholder
 * @param {string} options.button
 * @param {number} options.max characters
 * @param {number} options.pictures how many at most; 0: none
 * @param {string} options.draft where the draft is kept
 * @param {boolean} [options.isCompact] in one line, as below a conversation
 * @param {boolean} [options.sendsOnEnter]
 * @param {(text: string, staged: Staged[]) => Promise<void>} options.send
 */
export function composer({ client, label, placeholder, button, max, pictures, draft, isCompact = false, sendsOnEnter = false, send }) {
  const id = `composer-${(count += 1)}`;
  const field = el("textarea", { id, class: "field composer-field", rows: 1, placeholder, "aria-label": label });
  field.value = recall(draft) ?? "";
  const submit = el("button", { type: "submit", class: "button primary composer-send" }, icon("send"), el("span", null, button));
  const wrong = el("p", { class: "wrong", role: "alert", hidden: true });
  const update = () => {
    const isEmpty = field.value.trim() === "" && !attachments.size;
    submit.disabled = isEmpty;
    form.classList.toggle("empty", isEmpty);
    if (field.value === "") forget(draft);
    else remember(draft, field.value);
  };
  const attachments = new Attachments({ client, max: pictures, label: pictures > 1 ? "Add pictures" : "Add a picture", changed: () => update() });

  async function submitted() {
    if (submit.disabled) return;
    const text = field.value;
    const taken = attachments.staged();
    const pictures = attachments.take();
    field.value = "";
    field.dispatchEvent(new Event("input"));
    show(wrong, false);
    try {
      await send(text, await taken);
      pictures.close();
    } catch (error) {
      // What was begun meanwhile is kept behind it.
      field.value = [text, field.value].filter((part) => part !== "").join("\n");
      field.dispatchEvent(new Event("input"));
      pictures.restore();
      say(wrong, whatWentWrong(error));
      show(wrong, true);
    }
  }

  const form = el(
    "form",
    {
      class: isCompact ? "composer compact" : "composer",
      "aria-label": label,
      on: {
        submit: (/** @type {SubmitEvent} */ event) => {
          event.preventDefault();
          void submitted();
        },
        keydown: (/** @type {KeyboardEvent} */ event) => {
          if (event.key !== "Enter" || event.isComposing || event.target !== field) return;
          const isShortcut = event.ctrlKey || event.metaKey;
          if (!isShortcut && !(sendsOnEnter && !event.shiftKey)) return;
          event.preventDefault();
          void submitted();
        },
        paste: (/** @type {ClipboardEvent} */ event) => {
          if (pictures > 0 && attachments.addFrom(event.clipboardData)) event.preventDefault();
        },
        dragover: (/** @type {DragEvent} */ event) => {
          if (pictures > 0) event.preventDefault();
        },
        drop: (/** @type {DragEvent} */ event) => {
          if (pictures > 0 && attachments.addFrom(event.dataTransfer)) event.preventDefault();
        },
      },
    },
    field,
    attachments.list,
    el("div", { class: "composer-bar" }, pictures > 0 && attachments.button, characterCount(field, max), submit),
    attachments.wrong,
    wrong,
  );
  field.addEventListener("input", update);
  update();
  return { node: form, focus: () => field.focus(), close: () => attachments.close() };
}
