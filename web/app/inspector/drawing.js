/**
 * The queue as a drawing: lanes as rows, items as boxes coloured by their state, edges as arrows from what is waited for.
 *
 * Owns the SVG. It is for the eye; the table below it says the same in words, and more.
 */
import { el, fill, say, show, svg } from "../dom.js";
import { counted } from "../words.js";
import { layout } from "./layout.js";
import { STATE_WORDS } from "./words.js";

/**
 * @typedef {import("../../package/index.js").Item} Item
 * @typedef {import("./layout.js").Box} Box
 */

const [LABEL, WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN] = [150, 146, 44, 36, 18, 12];

/** @param {Box} box */
const left = (box) => LABEL + box.column * (WIDTH + GAP_X);
/** @param {number} row */
const top = (row) => MARGIN + row * (HEIGHT + GAP_Y);

export function drawing() {
  const place = el("div", { class: "drawing", tabindex: 0, role: "group", "aria-label": "Drawing of the queue" });
  const nothing = el("p", { class: "empty" }, "Nothing waits: everything has arrived.");
  const more = el("p", { class: "hint", hidden: true });
  const legend = el("ul", { class: "legend", "aria-label": "Colours" }, ...Object.entries(STATE_WORDS).map(([state, words]) => el("li", null, el("span", { class: `swatch state-${state}`, "aria-hidden": "true" }), words)));
  let shown = "";

  /**
   * @param {Item[]} items the first of them
   * @param {number} rows how many there are
   */
  const update = (items, rows) => {
    // The two were asked for one after the other.
    const count = Math.max(rows, items.length);
    const key = [count, ...items.map((item) => [item.mutation, item.state, item.attempts, item.waits_for])].join();
    if (key === shown && shown !== "") return;
    shown = key;
    show(nothing, items.length === 0);
    show(place, items.length > 0);
    show(legend, items.length > 0);
    const laid = layout(items, count);
    show(more, laid.left > 0);
    say(more, `and ${counted(laid.left, "more", "more")}`);
    place.replaceChildren(draw(laid, count));
  };
  return { node: el("div", null, nothing, place, more, legend), update };
}

/**
 * @param {import("./layout.js").Layout} laid
 * @param {number} count
 */
function draw(laid, count) {
  const width = LABEL + laid.columns * (WIDTH + GAP_X);
  const height = top(laid.lanes.length) - GAP_Y + MARGIN;
  const picture = svg(
    "svg",
    { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${counted(count, "item")} in ${counted(laid.lanes.length, "lane")}` },
    svg("defs", null, svg("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" }, svg("path", { class: "arrow-head", d: "M0 0 8 4 0 8z" }))),
  );
  fill(picture, laid.lanes.flatMap((words, row) => lane(words, row, width)));
  fill(picture, laid.edges.map(({ from, to }) => svg("path", { class: "edge", d: curve(from, to), "marker-end": "url(#arrow)" })));
  fill(picture, laid.boxes.map(box));
  return picture;
}

/**
 * @param {string} words
 * @param {number} row
 * @param {number} width
 */
function lane(words, row, width) {
  const middle = top(row) + HEIGHT / 2;
  return [svg("line", { class: "lane", x1: LABEL - 12, x2: width, y1: middle, y2: middle }), svg("text", { class: "lane-words", x: 0, y: middle + 4 }, words)];
}

/** @param {Box} shown */
function box(shown) {
  const { item } = shown;
  const [x, y] = [left(shown), top(shown.row)];
  const attempts = item.attempts > 0 ? `, ${counted(item.attempts, "attempt")}` : "";
  return svg(
    "g",
    { class: `box state-${item.state}` },
    svg("title", null, `${item.name}: ${STATE_WORDS[item.state]}${attempts}`),
    svg("rect", { x, y, width: WIDTH, height: HEIGHT, rx: 10 }),
    svg("text", { class: "box-name", x: x + 12, y: y + 19 }, item.name),
    svg("text", { class: "box-state", x: x + 12, y: y + 34 }, `${item.state.replace("_", " ")}${item.attempts > 0 ? ` · ${item.attempts}×` : ""}`),
  );
}

/**
 * @param {Box} from
 * @param {Box} to
 */
function curve(from, to) {
  const [x1, y1] = [left(from) + WIDTH, top(from.row) + HEIGHT / 2];
  const [x2, y2] = [left(to) - 2, top(to.row) + HEIGHT / 2];
  const bend = Math.max(GAP_X / 2, (x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}
