/**
 * The pictograms, as strokes on a grid of 24.
 *
 * Owns their shapes. They are never the only bearer of a meaning: whoever uses one says it in words too.
 */
import { svg } from "./dom.js";

const SHAPES = {
  home: "M4 11.2 12 4.5l8 6.7V19a1 1 0 0 1-1 1h-4.5v-5.5h-5V20H5a1 1 0 0 1-1-1z",
  messages: "M4.5 5h15a1 1 0 0 1 1 1v9.5a1 1 0 0 1-1 1H11L6.5 20v-3.5h-2a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1z",
  find: "M10.5 4.5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM15 15l4.8 4.8",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20c.6-3.8 3.6-5.8 7.5-5.8s6.9 2 7.5 5.8",
  heart: "M12 19.6C7 15.8 3.8 12.8 3.8 9.3A4.3 4.3 0 0 1 8.1 5c1.6 0 3.1.9 3.9 2.3C12.8 5.9 14.3 5 15.9 5a4.3 4.3 0 0 1 4.3 4.3c0 3.5-3.2 6.5-8.2 10.3z",
  comment: "M12 4.5c-4.7 0-8.5 3.2-8.5 7.2 0 2.2 1.2 4.2 3.1 5.5L6 20.5l3.9-2c.7.1 1.4.2 2.1.2 4.7 0 8.5-3.2 8.5-7.1S16.7 4.5 12 4.5z",
  picture: "M4.5 5h15a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1h-15a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM3.5 16.5l4.8-4.8 4.2 4.2 2.6-2.6 5.4 5.2M15.6 8.3a1.1 1.1 0 1 0 0 2.2 1.1 1.1 0 0 0 0-2.2z",
  close: "M6 6l12 12M18 6 6 18",
  edit: "M4.5 19.5l.8-3.9L16 4.9a1.5 1.5 0 0 1 2.1 0l1 1a1.5 1.5 0 0 1 0 2.1L8.4 18.7z",
  trash: "M5 7h14M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7M10.3 10.5v5.5M13.7 10.5v5.5",
  clock: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 7.8V12l2.8 1.8",
  sending: "M12 19V5.5M6.5 11 12 5.5l5.5 5.5",
  tick: "M5.5 12.8l4.2 4.2L18.8 7.5",
  alert: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 7.8v5.2M12 15.9v.3",
  retry: "M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9M19.5 4.5V9H15",
  send: "M4 12 20.5 4.5 15.5 20l-3.4-6z",
  back: "M19 12H5.5M11.5 6l-6 6 6 6",
  leave: "M13.5 4.5H6a1 1 0 0 0-1 1v13a1 1 0 0 0 1 1h7.5M10 12h10M16.5 8.5 20 12l-3.5 3.5",
  clip: "M5 5.5h14a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1v-11a1 1 0 0 1 1-1zM10 9v6l5-3z",
  storage: "M12 4.5c-4.1 0-7.5 1.3-7.5 3s3.4 3 7.5 3 7.5-1.3 7.5-3-3.4-3-7.5-3zM4.5 7.5v9c0 1.7 3.4 3 7.5 3s7.5-1.3 7.5-3v-9M4.5 12c0 1.7 3.4 3 7.5 3s7.5-1.3 7.5-3",
  download: "M12 4.5V15M7 10.5l5 5 5-5M5 19.5h14",
  queue: "M4 6.5h10M4 12h16M4 17.5h7",
};

/** @typedef {keyof typeof SHAPES} IconName */

/**
 * @param {IconName} name
 * @returns {SVGElement}
 */
export function icon(name) {
  return svg("svg", { class: `icon icon-${name}`, viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, svg("path", { d: SHAPES[name] }));
}

/** The mark of the product: a hull and its outrigger. */
export function brandMark() {
  return svg(
    "svg",
    { class: "brand-mark", viewBox: "0 0 32 32", "aria-hidden": "true", focusable: "false" },
    svg("path", { class: "brand-hull", d: "M3 17.5c2.8 4.7 6.7 7 12 7s9.2-2.3 12-7z" }),
    svg("path", { class: "brand-sail", d: "M14 4c5.4 2.6 8.4 6.4 9 11.2h-9z" }),
    svg("path", { class: "brand-float", d: "M6 28.5c6.6 1.7 13.4 1.7 20 0" }),
  );
}
