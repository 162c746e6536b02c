/**
 * Following a source of states, whatever its kind.
 *
 * Owns how the kinds are told apart and how each is let go of. Never looks into a state.
 */

/** @typedef {import("./shapes.js").Source} Source */
/** @typedef {import("./shapes.js").SyncStateShape} SyncStateShape */

/**
 * Calls `listener` with each state, until the function that is given back is called. A source that ends or fails leaves the last state standing.
 *
 * @param {Source} source
 * @param {(state: SyncStateShape) => void} listener
 * @returns {() => void}
 */
export function follow(source, listener) {
  let isFollowed = true;
  /** @param {SyncStateShape | null | undefined} state */
  const tell = (state) => {
    if (isFollowed && state) {
      listener(state);
    }
  };
  const letGo = begin(source, tell);
  return () => {
    isFollowed = false;
    letGo();
  };
}

/**
 * @param {Source} source
 * @param {(state: SyncStateShape | null | undefined) => void} tell
 * @returns {() => void}
 */
function begin(source, tell) {
  if (typeof source === "function") {
    return ending(source(tell));
  }
  // A source may be several of these: events come first, as they come in the same turn.
  if ("addEventListener" in source) {
    // `current` is read anew: it is never older than what the event carries.
    const onChange = () => tell(source.current);
    source.addEventListener("change", onChange);
    tell(source.current);
    return () => source.removeEventListener("change", onChange);
  }
  if ("subscribe" in source) {
    return ending(source.subscribe(tell));
  }
  const states = source[Symbol.asyncIterator]();
  void drain(states, tell);
  return () => void states.return?.();
}

/**
 * What a subscription gave back to end it: a function, an object that has one, or nothing.
 *
 * @param {any} given
 * @returns {() => void}
 */
function ending(given) {
  if (typeof given === "function") {
    return () => given();
  }
  return () => given?.unsubscribe?.();
}

/**
 * @param {AsyncIterator<SyncStateShape>} states
 * @param {(state: SyncStateShape) => void} tell
 */
async function drain(states, tell) {
  try {
    for (let next = await states.next(); !next.done; next = await states.next()) {
      tell(next.value);
    }
  } catch (error) {
    console.warn("<sync-status>: the source of states failed", error);
  }
}
