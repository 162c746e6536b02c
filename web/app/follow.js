/**
 * Follows a live query.
 *
 * Owns that a listener hears the answer of now and each later one. Never asks twice for the same answer.
 */

/**
 * @template T
 * @param {import("../package/index.js").Live<T>} live
 * @param {(result: T) => void} listener
 * @returns {() => void} ends it
 */
export function follow(live, listener) {
  let open = true;
  let heard = false;
  /** @param {T} result */
  const hear = (result) => {
    heard = true;
    if (open) listener(result);
  };
  const leave = live.subscribe(hear);
  if (!heard && live.current !== undefined) hear(live.current);
  return () => {
    open = false;
    leave();
    live.close();
  };
}
