/**
 * Where nobody is signed in: signing in, or making an account.
 *
 * Owns the choice between the two. What happens then comes with the client's `account` event.
 */
import { el } from "../dom.js";
import { brandMark } from "../icons.js";
import { credentials } from "../parts/credentials.js";

/**
 * @param {import("../../package/index.js").Client} client
 * @returns {HTMLElement}
 */
export function signInScreen(client) {
  const title = el("h1", { tabindex: -1 });
  const place = el("div");
  const other = el("p", { class: "sign-in-other" });
  /** @param {boolean} isNew */
  const choose = (isNew) => {
    title.textContent = isNew ? "Create your account" : "Welcome back";
    const form = credentials({
      button: isNew ? "Create account" : "Sign in",
      isNew,
      submit: (name, password) => (isNew ? client.signUp(name, password) : client.signIn(name, password)),
    });
    place.replaceChildren(form.node);
    other.replaceChildren(
      isNew ? "You have one already? " : "New here? ",
      el("button", { type: "button", class: "link", on: { click: () => (choose(!isNew), title.focus()) } }, isNew ? "Sign in" : "Create an account"),
    );
  };
  choose(false);
  return el(
    "div",
    { class: "sign-in" },
    el("header", { class: "sign-in-brand" }, brandMark(), el("p", { class: "brand-name" }, "Outrigger"), el("p", { class: "sign-in-words" }, "Write, like and talk. With the network or without it.")),
    el("main", { class: "card" }, title, place, other),
  );
}
