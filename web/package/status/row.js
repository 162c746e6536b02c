/**
 * One row of the panel: what waits or failed, why, and what can be done about it.
 *
 * Owns its elements and its three faces: shown, edited, about to be discarded. What is done is decided and done elsewhere: it calls `act`.
 */
import { button, element, setText } from "./dom.js";
import { standing, why } from "./describe.js";
import { icon } from "./icons.js";
import { bytes, say } from "./say.js";

/** @typedef {import("./shapes.js").ItemShape} ItemShape */
/** @typedef {import("./shapes.js").Described} Described */
/** @typedef {import("./shapes.js").Messages} Messages */
/** @typedef {import("./shapes.js").Action} Action */

/**
 * What a row needs of the panel.
 *
 * @typedef {object} Context
 * @property {Messages} messages
 * @property {(action: Action) => Promise<unknown>} act Done once it resolves; where it rejects, the error says why not.
 * @property {(item: ItemShape) => Described} describe
 * @property {(item: ItemShape) => Promise<readonly ItemShape[]>} goesAlong
 */

export class Row {
  /** @type {HTMLLIElement} */
  element;
  /** @type {ItemShape} */
  #item;
  /** @type {Described} */
  #described = { title: "" };
  /** @type {Context} */
  #context;

  #picture = element("span", { class: "row-picture" });
  #title = element("span", { class: "row-title" });
  #size = element("span", { class: "row-size" });
  /** It may run the other way than what is around it, and stands in line with that all the same. */
  #excerpt = element("bdi");
  #excerptLine = element("span", { class: "row-excerpt" }, this.#excerpt);
  #state = element("p", { class: "row-state" });
  #problem = element("p", { class: "row-problem", role: "alert" });
  #retry = button("chip", () => this.#do({ action: "retry", mutation: this.#item.mutation }), icon("retry"));
  #edit = button("chip", () => this.#beginEdit(), icon("edit"));
  #discard = button("chip", () => void this.#askDiscard(), icon("discard"));
  #actions = element("div", { class: "row-actions" }, this.#retry.button, this.#edit.button, this.#discard.button);
  /** In the place of the actions: the editor, or the question. @type {HTMLElement | null} */
  #face = null;

  /**
   * @param {ItemShape} item
   * @param {Context} context
   */
  constructor(item, context) {
    this.#item = item;
    this.#context = context;
    const line = element("p", { class: "row-line" }, this.#title, this.#size, this.#excerptLine);
    const body = element("div", { class: "row-body" }, line, this.#state, this.#problem, this.#actions);
    this.element = element("li", { class: "row" }, this.#picture, body);
    this.update(item, context);
  }

  /**
   * @param {ItemShape} item
   * @param {Context} context
   */
  update(item, context) {
    const hasMoved = this.#picture.childElementCount === 0 || item.state !== this.#item.state;
    this.#item = item;
    this.#context = context;
    this.#described = context.describe(item);
    const { messages } = context;
    const isParked = item.state === "parked";
    this.element.dataset.state = item.state;
    if (hasMoved) {
      this.#picture.replaceChildren(icon(picture(item)));
    }
    setText(this.#title, this.#described.title);
    setText(this.#size, this.#described.bytes === undefined ? "" : bytes(messages, this.#described.bytes));
    setText(this.#excerpt, this.#described.excerpt ?? "");
    this.#excerptLine.hidden = !this.#described.excerpt;
    setText(this.#state, isParked ? why(item, messages) : standing(item, messages));
    // What cannot be read cannot be sent; what is not parked is tried by itself.
    this.#retry.button.hidden = !isParked || item.parked?.reason === "unreadable";
    this.#edit.button.hidden = this.#described.withText === undefined || item.parked?.reason === "unreadable";
    this.#name(this.#retry, "retry");
    this.#name(this.#edit, "edit");
    this.#name(this.#discard, "discard");
  }

  /** Where focus goes when the row before it is gone. */
  focus() {
    const first = [this.#retry, this.#edit, this.#discard].find(({ button }) => !button.hidden);
    first?.button.focus();
  }

  /**
   * The same word in every row is no help to who hears it: the name says of what.
   *
   * @param {{ button: HTMLButtonElement, label: HTMLElement }} named
   * @param {string} key
   */
  #name({ button, label }, key) {
    const word = say(this.#context.messages, key);
    const { title, excerpt } = this.#described;
    setText(label, word);
    button.title = word;
    button.setAttribute("aria-label", [`${word}: ${title}`, excerpt].filter(Boolean).join(", "));
  }

  #beginEdit() {
    const { messages } = this.#context;
    const { text = "", title, withText } = this.#described;
    const label = say(messages, "edit_label", { title });
    const area = element("textarea", { class: "editor", rows: "3", dir: "auto", "aria-label": label });
    area.value = text;
    const save = button("chip filled", () => {
      if (withText) {
        this.#do({ action: "edit", mutation: this.#item.mutation, to: withText(area.value) });
      }
    });
    setText(save.label, say(messages, "save"));
    area.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        save.button.click();
      }
    });
    this.#show(element("div", { class: "face" }, area, this.#faceButtons(save.button, "cancel")), this.#edit.button);
    area.focus();
  }

  async #askDiscard() {
    const { messages } = this.#context;
    const along = await this.#context.goesAlong(this.#item);
    const question = element("p", { class: "question" }, say(messages, "discard_question"));
    // What was tried may have arrived, unless the server has said no.
    const isUnsure = this.#item.attempts > 0 && this.#item.parked?.reason !== "rejected";
    const consequences = say(messages, isUnsure ? "discard_unsure" : "discard_alone");
    const face = element("div", { class: "face", role: "group" }, question, element("p", {}, consequences));
    face.setAttribute("aria-label", say(messages, "discard_question"));
    if (along.length > 0) {
      const list = element("ul", { class: "along" }, ...along.slice(0, 5).map((item) => this.#named(item)));
      face.append(element("p", {}, say(messages, "discard_along", { count: along.length })), list);
    }
    const discard = button("chip danger", () => this.#do({ action: "discard", mutation: this.#item.mutation }));
    setText(discard.label, say(messages, "discard"));
    const buttons = this.#faceButtons(discard.button, "keep");
    face.append(buttons);
    this.#show(face, this.#discard.button);
    // On what does no harm.
    /** @type {HTMLElement} */ (buttons.lastElementChild).focus();
  }

  /** @param {ItemShape} item */
  #named(item) {
    const { title, excerpt } = this.#context.describe(item);
    return element("li", {}, excerpt ? `${title}: ${excerpt}` : title);
  }

  /**
   * @param {HTMLButtonElement} first
   * @param {string} back
   */
  #faceButtons(first, back) {
    const leave = button("chip", () => this.#leaveFace());
    setText(leave.label, say(this.#context.messages, back));
    return element("div", { class: "row-actions" }, first, leave.button);
  }

  /**
   * @param {HTMLElement} face
   * @param {HTMLButtonElement} opener
   */
  #show(face, opener) {
    this.#leaveFace();
    this.#opener = opener;
    this.#face = face;
    face.addEventListener("keydown", (event) => {
      // Escape leaves the innermost: the editor or the question, not the panel.
      if (event.key === "Escape") {
        event.preventDefault();
        event.stopPropagation();
        this.#leaveFace();
      }
    });
    this.#actions.hidden = true;
    this.#actions.after(face);
    face.scrollIntoView({ block: "nearest" });
  }

  /** @type {HTMLButtonElement | null} */
  #opener = null;

  #leaveFace() {
    const hadFocus = this.#face?.matches(":focus-within") ?? false;
    this.#face?.remove();
    this.#face = null;
    this.#actions.hidden = false;
    setText(this.#problem, "");
    if (hadFocus) {
      this.#opener?.focus();
    }
  }

  /** @param {Action} action */
  async #do(action) {
    setText(this.#problem, "");
    this.element.setAttribute("aria-busy", "true");
    try {
      await this.#context.act(action);
      this.#leaveFace();
    } catch (error) {
      setText(this.#problem, error instanceof Error ? error.message : String(error));
    } finally {
      this.element.removeAttribute("aria-busy");
    }
  }
}

/**
 * @param {ItemShape} item
 * @returns {import("./icons.js").IconName}
 */
function picture(item) {
  if (item.state === "parked") {
    return "error_outline";
  }
  if (item.upload) {
    return "upload";
  }
  switch (item.state) {
    case "in_flight":
      return "flight";
    case "blocked":
    case "late":
      return "blocked";
    default:
      return "clock";
  }
}
