/**
 * The pictures of a post or a message, in boxes whose size does not depend on when they arrive.
 *
 * Owns the grid, and that bytes are asked for only near the screen and let go of with the row. Never keeps a URL that nothing shows.
 */
import { el } from "../dom.js";
import { icon } from "../icons.js";
import { counted } from "../words.js";
import { view } from "./viewer.js";

/**
 * @typedef {import("../../package/index.js").Client} Client
 * @typedef {import("../../package/index.js").MediaView} MediaView
 */

/** As many as are shown in the grid; the viewer shows all. */
const SHOWN_MAX = 4;

/** @type {WeakMap<Element, () => void>} */
const wanted = new WeakMap();
const near = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      wanted.get(target)?.();
    }
  },
  { rootMargin: "600px 0px" },
);

/**
 * @param {Client} client
 * @param {string} of whose, for those who do not see them
 */
export function pictures(client, of) {
  const node = el("div", { class: "pictures", hidden: true });
  let shown = "";
  /** @type {Box[]} */
  let boxes = [];
  const close = () => {
    for (const box of boxes) box.close();
    boxes = [];
  };

  /** @param {MediaView[]} media */
  const update = (media) => {
    const key = media.map((one) => one.sha256).join();
    // Only the server's name of a picture has changed: what is shown stays.
    boxes.forEach((box, index) => (box.media = media[index] ?? box.media));
    if (key === shown) return;
    shown = key;
    close();
    node.hidden = media.length === 0;
    node.dataset.count = String(Math.min(media.length, SHOWN_MAX));
    boxes = media.slice(0, SHOWN_MAX).map((one, index) => {
      const more = index === SHOWN_MAX - 1 ? media.length - SHOWN_MAX : 0;
      return new Box(client, one, `Picture ${index + 1} of ${media.length} from ${of}`, more, () => view(client, media, index, of));
    });
    node.replaceChildren(...boxes.map((box) => box.node));
  };
  return { node, update, close };
}

class Box {
  #url = "";
  #closed = false;
  #asking = false;

  /**
   * @param {Client} client
   * @param {MediaView} media
   * @param {string} words
   * @param {number} more how many more there are than have a box
   * @param {() => void} open
   */
  constructor(client, media, words, more, open) {
    this.client = client;
    this.media = media;
    this.words = words;
    this.node = el(
      "button",
      { type: "button", class: "picture", "aria-label": more > 0 ? `${words}, and ${counted(more, "more", "more")}` : words, on: { click: () => this.#click(open) } },
      icon(media.type.startsWith("video/") ? "clip" : "picture"),
      more > 0 && el("span", { class: "picture-more", "aria-hidden": "true" }, `+${more}`),
    );
    if (media.type.startsWith("video/")) {
      this.#say("A clip: it cannot be played here");
      this.node.disabled = true;
      return;
    }
    wanted.set(this.node, () => void this.load());
    near.observe(this.node);
  }

  async load() {
    if (this.#asking || this.#url) return;
    this.#asking = true;
    this.#say("");
    try {
      const url = await this.client.mediaUrl(this.media);
      if (this.#closed) URL.revokeObjectURL(url);
      else this.#show(url);
    } catch {
      this.#say("Not on this device yet. Tap to try again");
    } finally {
      this.#asking = false;
    }
  }

  /** @param {string} url */
  #show(url) {
    this.#url = url;
    const image = el("img", {
      alt: "",
      decoding: "async",
      src: url,
      on: {
        load: () => this.node.classList.add("loaded"),
        error: () => {
          image.remove();
          this.#say("It cannot be shown");
        },
      },
    });
    this.node.prepend(image);
  }

  /** @param {string} words */
  #say(words) {
    this.node.querySelector(".picture-words")?.remove();
    if (words) this.node.append(el("span", { class: "picture-words" }, words));
  }

  /** @param {() => void} open */
  #click(open) {
    if (this.#url) open();
    else void this.load();
  }

  close() {
    this.#closed = true;
    near.unobserve(this.node);
    if (this.#url) URL.revokeObjectURL(this.#url);
  }
}
