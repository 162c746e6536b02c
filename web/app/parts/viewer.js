/**
 * One picture at a time, as large as the screen allows.
 *
 * Owns its own URLs of the pictures, for as long as it is open. Never changes anything.
 */
import { attribute, el, say } from "../dom.js";
import { icon } from "../icons.js";
import { whatWentWrong } from "../words.js";

/**
 * @param {import("../../package/index.js").Client} client
 * @param {import("../../package/index.js").MediaView[]} media
 * @param {number} first
 * @param {string} of
 */
export function view(client, media, first, of) {
  let index = first;
  let url = "";
  const image = el("img", { class: "viewer-image", alt: "" });
  const words = el("p", { class: "viewer-words", role: "status" });
  const letGo = () => {
    if (url) URL.revokeObjectURL(url);
    url = "";
  };

  async function load() {
    const asked = index;
    const one = media[index];
    if (!one) return;
    say(words, media.length > 1 ? `${index + 1} of ${media.length}` : "");
    attribute(image, "alt", `Picture ${index + 1} of ${media.length} from ${of}`);
    try {
      const loaded = await client.mediaUrl(one);
      if (asked !== index || !dialog.open) {
        URL.revokeObjectURL(loaded);
        return;
      }
      letGo();
      url = loaded;
      image.src = loaded;
    } catch (error) {
      say(words, whatWentWrong(error));
    }
  }

  /** @param {number} by */
  const go = (by) => {
    index = (index + by + media.length) % media.length;
    void load();
  };
  const dialog = el(
    "dialog",
    {
      class: "viewer",
      "aria-label": `Pictures from ${of}`,
      on: {
        close: () => {
          letGo();
          dialog.remove();
        },
        click: (/** @type {MouseEvent} */ event) => {
          if (event.target === dialog) dialog.close();
        },
        keydown: (/** @type {KeyboardEvent} */ event) => {
          if (event.key === "ArrowLeft") go(-1);
          if (event.key === "ArrowRight") go(1);
        },
      },
    },
    image,
    el(
      "div",
      { class: "viewer-bar" },
      media.length > 1 && el("button", { type: "button", class: "button tonal small", on: { click: () => go(-1) } }, "Previous"),
      words,
      media.length > 1 && el("button", { type: "button", class: "button tonal small", on: { click: () => go(1) } }, "Next"),
      el("button", { type: "button", class: "icon-button", "aria-label": "Close", on: { click: () => dialog.close() } }, icon("close")),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  void load();
}
