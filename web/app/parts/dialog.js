/**
 * Questions that must be answered before something goes on.
 *
 * Owns one modal dialog with a title, words and buttons; the platform keeps the focus in it and gives it back. Never acts on the answer.
 */
import { el } from "../dom.js";

let count = 0;

/**
 * @template {string} A
 * @param {object} question
 * @param {string} question.title
 * @param {(string | Node)[]} question.words
 * @param {{ answer: A, label: string, kind?: "primary" | "danger" }[]} question.answers
 * @returns {Promise<A | null>} `null` where nobody answered
 */
export function ask({ title, words, answers }) {
  const id = `dialog-title-${(count += 1)}`;
  return new Promise((resolve) => {
    /** @type {A | null} */
    let answer = null;
    const dialog = el(
      "dialog",
      {
        class: "dialog",
        "aria-labelledby": id,
        on: {
          close: () => {
            dialog.remove();
            resolve(answer);
          },
        },
      },
      el("h2", { id }, title),
      ...words.map((one) => (typeof one === "string" ? el("p", null, one) : one)),
      el(
        "div",
        { class: "dialog-answers" },
        el("button", { type: "button", class: "button quiet", on: { click: () => dialog.close() } }, "Cancel"),
        ...answers.map((one) =>
          el(
            "button",
            {
              type: "button",
              class: `button ${one.kind ?? "tonal"}`,
              on: {
                click: () => {
                  answer = one.answer;
                  dialog.close();
                },
              },
            },
            one.label,
          ),
        ),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
