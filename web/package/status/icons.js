/**
 * The icons, as inline SVG built by calls.
 *
 * Owns their shapes (24 by 24, stroked). Never fetches one, and never parses markup. `mirrored` marks those that point along the line of text.
 */

const SVG = "http://www.w3.org/2000/svg";

/** Drawn with a round pen of width 2, in the colour of the text. */
const PATHS = {
  cloud_off: ["M3 3l18 18", "M9.6 5.4A6 6 0 0 1 17.9 10h.35a4.25 4.25 0 0 1 2.5 7.7", "M6.6 8.6A5 5 0 0 0 7.5 18.5h9"],
  error_outline: ["M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z", "M12 7.5v5.5", "M12 16.4v.1"],
  check: ["M5 12.5l4.5 4.5L19.5 7"],
  chevron: ["M7 10l5 5 5-5"],
  close: ["M6 6l12 12", "M18 6L6 18"],
  retry: ["M19.5 12a7.5 7.5 0 1 1-2.2-5.3L20 9.4", "M20 4.5v4.9h-4.9"],
  edit: ["M4.5 19.5l.8-3.7L16 5.1a1.8 1.8 0 0 1 2.5 0l.4.4a1.8 1.8 0 0 1 0 2.5L8.2 18.7z"],
  discard: ["M5 7h14", "M9.5 7V4.8h5V7", "M7 7l.8 12.2h8.4L17 7"],
  upload: ["M12 16V5", "M7.5 9.3L12 4.8l4.5 4.5", "M5 19.2h14"],
  clock: ["M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z", "M12 7.5V12l3 2"],
  flight: ["M4.5 12h14", "M13 6.5l5.5 5.5-5.5 5.5"],
  blocked: ["M5 5v6.5a3 3 0 0 0 3 3h10.5", "M14.5 10.5l4 4-4 4"],
};

const MIRRORED = new Set(["flight", "blocked"]);

/** @typedef {keyof typeof PATHS} IconName */

/**
 * @param {IconName} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const svg = canvas(MIRRORED.has(name) ? "icon mirrored" : "icon");
  for (const d of PATHS[name]) {
    svg.append(shape("path", { d }));
  }
  return svg;
}

/** A circle that fills, or turns where how far it is is not known. `show` takes 0 to 1, or `null`. */
export function spinner() {
  const svg = canvas("icon spinner");
  const ring = { cx: "12", cy: "12", r: "10", pathLength: "100" };
  const arc = shape("circle", { ...ring, class: "arc" });
  svg.append(shape("circle", { ...ring, class: "track" }), arc);
  return {
    element: svg,
    /** @param {number | null} progress */
    show(progress) {
      svg.classList.toggle("turning", progress === null);
      // Never quite nothing: an empty ring would look like a thing at rest.
      const filled = progress === null ? 28 : Math.min(100, Math.max(4, progress * 100));
      arc.setAttribute("stroke-dasharray", `${filled} 100`);
    },
  };
}

/** @param {string} className */
function canvas(className) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", className);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  return svg;
}

/**
 * @param {string} name
 * @param {Record<string, string>} attributes
 */
function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  return made;
}
