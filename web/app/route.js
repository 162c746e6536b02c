/**
 * Addresses of screens, behind the `#`.
 *
 * Owns how they are written and read. Never shows anything.
 *
 * @typedef {{ screen: "feed", scope: "following" | "everyone" }
 *   | { screen: "thread", post: string }
 *   | { screen: "profile", user: string }
 *   | { screen: "conversations" }
 *   | { screen: "conversation", user: string }
 *   | { screen: "find" }
 *   | { screen: "nothing" }} Route
 */

export const link = {
  following: "#/",
  everyone: "#/everyone",
  conversations: "#/messages",
  find: "#/find",
  /** @param {string} post */
  post: (post) => `#/post/${post}`,
  /** @param {string} user */
  user: (user) => `#/user/${user}`,
  /** @param {string} user the other one */
  conversation: (user) => `#/messages/${user}`,
};

const ID = /^[0-9a-f-]{32,36}$/;

/**
 * @param {string} hash
 * @returns {Route}
 */
export function parse(hash) {
  const [first = "", second] = hash.replace(/^#\/?/, "").split("/");
  if (second === undefined) {
    if (first === "") return { screen: "feed", scope: "following" };
    if (first === "everyone") return { screen: "feed", scope: "everyone" };
    if (first === "messages") return { screen: "conversations" };
    if (first === "find") return { screen: "find" };
  } else if (ID.test(second)) {
    if (first === "post") return { screen: "thread", post: second };
    if (first === "user") return { screen: "profile", user: second };
    if (first === "messages") return { screen: "conversation", user: second };
  }
  return { screen: "nothing" };
}
