/**
 * When something is read from the server again while it is looked at: now and then, when the page is seen again, and when the server can be reached
 * again.
 *
 * Owns the clock, and that nothing is asked for while nobody looks or nobody would answer. Never reads by itself.
 */

/**
 * @param {import("../../package/index.js").Client} client
 * @param {object} options
 * @param {number} options.everyMs
 * @param {() => unknown} options.read what may be new
 * @param {() => unknown} [options.again] all that is shown, after the server could not be reached; as `read` where it is left out
 * @returns {() => void} ends it
 */
export function keepFresh(client, { everyMs, read, again = read }) {
  let wasOffline = client.state.current.kind === "offline";
  let lastRead = performance.now();
  const look = () => {
    if (document.visibilityState !== "visible" || wasOffline || performance.now() - lastRead < everyMs) return;
    lastRead = performance.now();
    read();
  };
  const changed = () => {
    const isOffline = client.state.current.kind === "offline";
    const isBack = wasOffline && !isOffline;
    wasOffline = isOffline;
    if (!isBack) return;
    lastRead = performance.now();
    again();
  };
  const timer = setInterval(look, everyMs);
  client.state.addEventListener("change", changed);
  document.addEventListener("visibilitychange", look);
  return () => {
    clearInterval(timer);
    client.state.removeEventListener("change", changed);
    document.removeEventListener("visibilitychange", look);
  };
}
