/**
 * Where each item of the queue stands in its drawing.
 *
 * Owns columns and rows, computed from items alone: one row for each lane, in the order of their oldest items; in it the items in their order, each
 * to the right of what it waits for. Never draws.
 */
import { laneWords } from "./words.js";

/**
 * @typedef {import("../../package/index.js").Item} Item
 * @typedef {{ item: Item, row: number, column: number }} Box
 * @typedef {{ lanes: string[], boxes: Box[], edges: { from: Box, to: Box }[], columns: number, left: number }} Layout
 */

/** As many as can be looked at; the table has more. */
const DRAWN_MAX = 150;

/**
 * @param {Item[]} items in their order, or the first of them
 * @param {number} count how many there are
 * @returns {Layout}
 */
export function layout(items, count) {
  const drawn = items.slice(0, DRAWN_MAX);
  /** @type {Map<string, { row: number, words: string, end: number }>} */
  const lanes = new Map();
  /** @type {Map<string, Box>} */
  const boxes = new Map();
  /** @type {Layout["edges"]} */
  const edges = [];
  let columns = 0;
  for (const item of drawn) {
    const lane = lanes.get(item.lane) ?? { row: lanes.size, words: laneWords(item), end: 0 };
    lanes.set(item.lane, lane);
    const blockers = item.waits_for.flatMap((mutation) => boxes.get(mutation) ?? []);
    const column = Math.max(lane.end, ...blockers.map((box) => box.column + 1));
    const box = { item, row: lane.row, column };
    lane.end = column + 1;
    columns = Math.max(columns, lane.end);
    boxes.set(item.mutation, box);
    edges.push(...blockers.map((from) => ({ from, to: box })));
  }
  return { lanes: [...lanes.values()].map((lane) => lane.words), boxes: [...boxes.values()], edges, columns, left: count - drawn.length };
}
