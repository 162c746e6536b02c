/**
 * A text that is changed where it stands.
 *
 * Owns the form: text, what is wrong with it, save and cancel. Never writes by itself: `save` does, and its error is shown here.
 */
import { el, say, show } from "../dom.js";
import { characters } from "../limits.js";
import { counted, whatWentWrong } from "../words.js";

let count = 0;

/**
 * @param {object} options
 * @param {string} options.label
 * @param {string} options.text
 * @param {number} options.max characters
 * @param {(text: string) => Promise<void>} options.save
 * @param {() => void} options.done saved or cancelled
 */
export function textEditor({ label, text, max, save, done }) {
  const id = `editor-${(count += 1)}`;
  const wrong = el("p", { class: "wrong", role: "alert", hidden: true });
  const field = el("textarea", { id, rows: 3, class: "field" });
  field.value = text;
  const left = characterCount(field, max);
  const cancel = () => done();
  const form = el(
    "form",
    {
      class: "text-editor",
      on: {
        submit: async (/** @type {SubmitEvent} */ event) => {
          event.preventDefault();
          try {
            await save(field.value);
            done();
          } catch (error) {
            say(wrong, whatWentWrong(error));
            show(wrong, true);
          }
        },
        keydown: (/** @type {KeyboardEvent} */ event) => {
          if (event.key === "Escape") cancel();
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
        },
      },
    },
    el("label", { for: id, class: "field-label" }, label),
    field,
    left,
    wrong,
    el(
      "div",
      { class: "row-actions" },
      el("button", { type: "submit", class: "button primary small" }, "Save"),
      el("button", { type: "button", class: "button quiet small", on: { click: cancel } }, "Cancel"),
    ),
  );
  return {
    node: form,
    focus: () => {
      field.focus();
      field.setSelectionRange(field.value.length, field.value.length);
    },
  };
}

/**
 * How many characters are left, said only when there are few.
 * @param {HTMLTextAreaElement} field
 * @param {number} max
 */
export function characterCount(field, max) {
  const node = el("p", { class: "characters", "aria-live": "polite", hidden: true });
  const update = () => {
    const left = max - characters(field.value);
    const few = left <= max / 10;
    node.hidden = !few;
    node.classList.toggle("wrong", left < 0);
    if (few) say(node, left < 0 ? `${counted(-left, "character")} too many` : `${counted(left, "character")} left`);
  };
  field.addEventListener("input", update);
  update();
  return node;
}
