/**
 * Notices that the server can be reached again.
 *
 * Owns the reading of that from the states of the queue. Never asks the network.
 */

/**
 * @param {import("../../package/index.js").Client} client
 * @param {() => void} listener
 * @returns {() => void} ends it
 */
export function reachedAgain(client, listener) {
  let wasOffline = client.state.current.kind === "offline";
  const changed = () => {
    const isOffline = client.state.current.kind === "offline";
    if (wasOffline && !isOffline) listener();
    wasOffline = isOffline;
  };
  client.state.addEventListener("change", changed);
  return () => client.state.removeEventListener("change", changed);
}
