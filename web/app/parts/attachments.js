/**
 * The pictures that somebody is about to send.
 *
 * Owns their previews, and that each is copied durably as soon as it is picked, so that sending waits for nothing. Never sends.
 */
import { el, say, show } from "../dom.js";
import { icon } from "../icons.js";
import { PICTURE_TYPES, whyNot } from "../limits.js";
import { counted, whatWentWrong } from "../words.js";

/**
 * @typedef {import("../../package/index.js").Client} Client
 * @typedef {Awaited<ReturnType<Client["stage"]>>} Staged
 * @typedef {{ file: File, staged: Promise<Staged>, url: string, node: HTMLElement, at: number }} Attached
 */

/** For how long a copy that no write names is counted on. */
const KEPT_MS = 30 * 60 * 1_000;

let count = 0;

export class Attachments {
  /** @type {Attached[]} */
  #attached = [];

  /**
   * @param {object} options
   * @param {Client} options.client
   * @param {number} options.max
   * @param {string} options.label of the button
   * @param {() => void} options.changed
   */
  constructor({ client, max, label, changed }) {
    this.client = client;
    this.max = max;
    this.changed = changed;
    const id = `pictures-${(count += 1)}`;
    this.input = el("input", {
      id,
      type: "file",
      class: "visually-hidden",
      accept: PICTURE_TYPES.join(","),
      multiple: max > 1,
      on: {
        change: () => {
          this.add([...(this.input.files ?? [])]);
          this.input.value = "";
        },
      },
    });
    /** What picks pictures. */
    this.button = el("span", { class: "attach" }, this.input, el("label", { for: id, class: "icon-button", title: label }, icon("picture"), el("span", { class: "visually-hidden" }, label)));
    this.list = el("ul", { class: "previews", "aria-label": "Pictures to send", hidden: true });
    this.wrong = el("p", { class: "wrong", role: "alert", hidden: true });
  }

  get size() {
    return this.#attached.length;
  }

  /**
   * Takes what can be taken, and says why the rest cannot.
   * @param {File[]} files
   */
  add(files) {
    this.#say("");
    for (const file of files) {
      const why = this.size >= this.max ? this.#tooMany() : whyNot(file);
      if (why) this.#say(why);
      else this.#attach(file);
    }
    this.#update();
  }

  /** What was pasted or dropped along with text. @param {DataTransfer | null} transfer */
  addFrom(transfer) {
    const files = [...(transfer?.files ?? [])];
    if (files.length > 0) this.add(files);
    return files.length > 0;
  }

  /** All of them, once they are durable. */
  staged() {
    return Promise.all(this.#attached.map((one) => this.#kept(one)));
  }

  /** What no write has named for an hour is removed: it is kept again before. @param {Attached} attached */
  #kept(attached) {
    if (Date.now() - attached.at > KEPT_MS) {
      attached.at = Date.now();
      attached.staged = this.client.stage(attached.file);
    }
    return attached.staged;
  }

  /** Takes what is attached out of the form; `restore` puts it back. */
  take() {
    const taken = this.#attached;
    this.#attached = [];
    this.list.replaceChildren();
    this.#say("");
    this.#update();
    return {
      restore: () => {
        this.#attached = [...taken, ...this.#attached];
        this.list.replaceChildren(...this.#attached.map((one) => one.node));
        this.#update();
      },
      close: () => taken.forEach((one) => URL.revokeObjectURL(one.url)),
    };
  }

  close() {
    this.take().close();
  }

  /** @param {File} file */
  #attach(file) {
    const url = URL.createObjectURL(file);
    const node = el(
      "li",
      { class: "preview" },
      el("img", { src: url, alt: file.name }),
      el("button", { type: "button", class: "icon-button preview-remove", "aria-label": `Remove ${file.name}`, on: { click: () => this.#remove(attached, true) } }, icon("close")),
    );
    const staged = this.client.stage(file);
    const attached = { file, url, node, staged, at: Date.now() };
    staged.catch((error) => {
      this.#remove(attached, false);
      this.#say(`“${file.name}” could not be kept on this device. ${whatWentWrong(error)}`);
    });
    this.#attached.push(attached);
    this.list.append(node);
  }

  /**
   * @param {Attached} attached
   * @param {boolean} byHand
   */
  #remove(attached, byHand) {
    const index = this.#attached.indexOf(attached);
    if (index < 0) return;
    this.#attached.splice(index, 1);
    attached.node.remove();
    URL.revokeObjectURL(attached.url);
    this.#update();
    if (!byHand) return;
    const near = this.#attached[Math.min(index, this.size - 1)]?.node.querySelector("button") ?? this.input;
    near.focus();
  }

  #update() {
    show(this.list, this.size > 0);
    this.changed();
  }

  #tooMany() {
    return `At most ${counted(this.max, "picture")} can be sent together: leave some out.`;
  }

  /** @param {string} words */
  #say(words) {
    say(this.wrong, words);
    show(this.wrong, words !== "");
  }
}
