/**
 * The pill on the screen: icon, text, and the button that opens the panel.
 *
 * Owns its elements and which button holds the text when. What it says is decided by `../pill.js`. Its elements stay the same ones from state to state, so that
 * nobody's focus is lost.
 */
import { button, element, setText } from "./dom.js";
import { icon, spinner } from "./icons.js";
import { say } from "./say.js";

/** @typedef {import("./shapes.js").Pill} Pill */
/** @typedef {import("./shapes.js").Messages} Messages */

export class PillView {
  /** @type {HTMLElement} */
  element;

  #spinner = spinner();
  #icons = { cloud_off: icon("cloud_off"), error_outline: icon("error_outline"), progress: this.#spinner.element };
  #picture = element("span", { class: "picture" });
  #text = element("span", { class: "text" });
  /** Where a tap does something else than to show more. */
  #act;
  #more;

  /**
   * @param {() => void} onAct
   * @param {() => void} onMore
   */
  constructor(onAct, onMore) {
    this.#act = element("button", { type: "button", class: "act" });
    this.#act.addEventListener("click", onAct);
    this.#more = button("more", onMore, icon("chevron"));
    this.#more.label.className = "unseen";
    this.#more.button.setAttribute("aria-haspopup", "dialog");
    this.#more.button.setAttribute("aria-expanded", "false");
    this.element = element("span", { class: "pill", part: "pill", hidden: "" }, this.#more.button);
  }

  /**
   * @param {Pill} pill
   * @param {Messages} messages
   */
  update(pill, messages) {
    const isDrawn = pill.label !== "nothing";
    this.element.hidden = !isDrawn;
    if (!isDrawn || pill.icon === "none") {
      return;
    }
    this.element.dataset.tone = pill.tone;
    this.#arrange(pill.action !== "none");
    this.#spinner.show(pill.progress);
    const picture = this.#icons[pill.icon];
    if (this.#picture.firstChild !== picture) {
      this.#picture.replaceChildren(picture);
    }
    setText(this.#text, pill.text);
    setText(this.#more.label, say(messages, "details"));
  }

  /** @param {boolean} isOpen */
  expanded(isOpen) {
    this.#more.button.setAttribute("aria-expanded", String(isOpen));
  }

  /**
   * Text and icon are in a button of their own where a tap does something; elsewhere all of the pill is the button that opens the panel.
   *
   * @param {boolean} hasAction
   */
  #arrange(hasAction) {
    const holder = hasAction ? this.#act : this.#more.button;
    if (this.#text.parentElement === holder) {
      return;
    }
    const root = /** @type {ShadowRoot} */ (this.element.getRootNode());
    const hadFocus = root.activeElement === this.#act;
    holder.prepend(this.#picture, this.#text);
    if (hasAction) {
      this.element.prepend(this.#act);
    } else {
      this.#act.remove();
    }
    if (hadFocus && !hasAction) {
      this.#more.button.focus();
    }
  }
}
