/**
 * Name and password, as a form.
 *
 * Owns fields, hints, and what is said where they are not taken. Never keeps a password.
 */
import { el, say, show } from "../dom.js";
import { NAME_HINT, NAME_PATTERN, PASSWORD_HINT, PASSWORD_MAX, PASSWORD_MIN } from "../limits.js";
import { whatWentWrong } from "../words.js";

let count = 0;

/**
 * @param {object} options
 * @param {string} options.button
 * @param {boolean} options.isNew an account is made
 * @param {string} [options.name] whose, where it is known
 * @param {(name: string, password: string) => Promise<unknown>} options.submit
 */
export function credentials({ button, isNew, name, submit }) {
  const id = `credentials-${(count += 1)}`;
  const nameField = el("input", {
    id: `${id}-name`,
    class: "field",
    type: "text",
    autocomplete: "username",
    autocapitalize: "none",
    spellcheck: "false",
    required: true,
    readonly: name !== undefined,
    pattern: NAME_PATTERN,
    title: NAME_HINT,
    "aria-describedby": isNew ? `${id}-name-hint` : null,
  });
  nameField.value = name ?? "";
  const passwordField = el("input", {
    id: `${id}-password`,
    class: "field",
    type: "password",
    autocomplete: isNew ? "new-password" : "current-password",
    required: true,
    minlength: PASSWORD_MIN,
    maxlength: PASSWORD_MAX,
    "aria-describedby": isNew ? `${id}-password-hint` : null,
  });
  const wrong = el("p", { class: "wrong", role: "alert", hidden: true });
  const go = el("button", { type: "submit", class: "button primary wide" }, button);

  async function submitted() {
    show(wrong, false);
    go.disabled = true;
    try {
      await submit(nameField.value.trim(), passwordField.value);
      passwordField.value = "";
    } catch (error) {
      say(wrong, whatWentWrong(error));
      show(wrong, true);
      passwordField.focus();
    }
    go.disabled = false;
  }

  const node = el(
    "form",
    {
      class: "credentials",
      on: {
        submit: (/** @type {SubmitEvent} */ event) => {
          event.preventDefault();
          void submitted();
        },
      },
    },
    el("label", { for: nameField.id, class: "field-label" }, "Name"),
    nameField,
    isNew && el("p", { class: "hint", id: `${id}-name-hint` }, NAME_HINT),
    el("label", { for: passwordField.id, class: "field-label" }, "Password"),
    passwordField,
    isNew && el("p", { class: "hint", id: `${id}-password-hint` }, PASSWORD_HINT),
    wrong,
    go,
  );
  return { node, focus: () => (name === undefined ? nameField : passwordField).focus() };
}
