/**
 * Finding somebody by their name.
 *
 * Owns the form. The server alone knows all names, so this needs it to be reached.
 */
import { el, say, show } from "../dom.js";
import { icon } from "../icons.js";
import { NAME_HINT, NAME_PATTERN } from "../limits.js";
import { link } from "../route.js";
import { kindOf, whatWentWrong } from "../words.js";

/**
 * @param {import("../rows/post.js").Context} context
 * @returns {import("../shell.js").Screen}
 */
export function findScreen({ client }) {
  const title = el("h1", { tabindex: -1 }, "Find people");
  const field = el("input", {
    id: "find-name",
    class: "field",
    type: "search",
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
    required: true,
    pattern: NAME_PATTERN,
    title: NAME_HINT,
  });
  const words = el("p", { role: "status" });
  const button = el("button", { type: "submit", class: "button primary" }, icon("find"), "Find");
  let isClosed = false;

  async function find() {
    const name = field.value.trim();
    say(words, "Asking…");
    try {
      const { users } = await client.read({ read: "user_named", name });
      if (isClosed) return;
      const found = users[0];
      if (found) location.hash = link.user(found);
      else say(words, `Nobody is called “${name}”.`);
    } catch (error) {
      say(words, kindOf(error) === "offline" ? "The server cannot be reached, and only it knows all names. Try again later." : whatWentWrong(error));
    }
    show(words, true);
  }

  const node = el(
    "div",
    { class: "screen find" },
    el("div", { class: "screen-head" }, title),
    el(
      "form",
      {
        class: "find-form",
        role: "search",
        on: {
          submit: (/** @type {SubmitEvent} */ event) => {
            event.preventDefault();
            void find();
          },
        },
      },
      el("label", { for: "find-name", class: "field-label" }, "Their whole name"),
      el("div", { class: "find-bar" }, field, button),
      el("p", { class: "hint" }, NAME_HINT),
      words,
    ),
  );
  return {
    title: "Find people",
    heading: title,
    node,
    close: () => {
      isClosed = true;
    },
  };
}
