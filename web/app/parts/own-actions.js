/**
 * What the author of a post or a comment can do to it: change it where it stands, delete it.
 *
 * Owns the two buttons and the question before a delete. Never shows the text itself: the row does.
 */
import { el, show } from "../dom.js";
import { icon } from "../icons.js";
import { whatWentWrong } from "../words.js";
import { ask } from "./dialog.js";
import { textEditor } from "./text-editor.js";
import { toast } from "./toast.js";

/**
 * @param {object} options
 * @param {string} options.what as `post`
 * @param {number} options.max characters
 * @param {HTMLElement} options.shown what shows the text: the editor takes its place
 * @param {() => string} options.text
 * @param {(text: string) => Promise<unknown>} options.update
 * @param {() => Promise<unknown>} options.remove
 */
export function ownActions({ what, max, shown, text, update, remove }) {
  const edit = button(`Edit your ${what}`, "edit", beginEdit);
  const node = el("span", { class: "own-actions" }, edit, button(`Delete your ${what}`, "trash", askToDelete));

  function beginEdit() {
    const editor = textEditor({
      label: `Edit your ${what}`,
      text: text(),
      max,
      save: async (changed) => {
        if (changed !== text()) await update(changed);
      },
      done: () => {
        editor.node.remove();
        show(shown, text() !== "");
        edit.disabled = false;
        edit.focus();
      },
    });
    edit.disabled = true;
    show(shown, false);
    shown.after(editor.node);
    editor.focus();
  }

  async function askToDelete() {
    const answer = await ask({
      title: `Delete your ${what}?`,
      words: ["It is gone here at once, and for everybody as soon as the server knows."],
      answers: [{ answer: "delete", label: "Delete", kind: "danger" }],
    });
    if (answer !== "delete") return;
    try {
      await remove();
      toast(`Your ${what} is deleted.`);
    } catch (error) {
      toast(whatWentWrong(error));
    }
  }
  return { node, isEditing: () => edit.disabled };
}

/**
 * @param {string} label
 * @param {import("../icons.js").IconName} picture
 * @param {() => void} click
 */
function button(label, picture, click) {
  return el("button", { type: "button", class: "icon-button small", "aria-label": label, title: label, on: { click } }, icon(picture));
}
