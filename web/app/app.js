/**
 * The app: shows what fits what the client says: nobody signed in, somebody, or a tab that has stopped.
 *
 * Owns the choice between these. Never reads or writes anything itself.
 */
import "../package/sync-status.js";
import { toast } from "./parts/toast.js";
import { register } from "./register.js";
import { link } from "./route.js";
import { cannotOpen } from "./screens/cannot-open.js";
import { signInScreen } from "./screens/sign-in.js";
import { stoppedScreen } from "./screens/stopped.js";
import { shell } from "./shell.js";
import { handOver } from "./tab-memory.js";
import { whatWentWrong } from "./words.js";

export { cannotOpen };

/**
 * @param {import("../package/index.js").Client} client
 * @param {HTMLElement} place
 */
export function begin(client, place) {
  /** @type {Awaited<ReturnType<typeof shell>> | null} */
  let shown = null;
  let whose = "";
  const update = async () => {
    const account = client.role === "stopped" ? null : client.account;
    const key = client.role === "stopped" ? "stopped" : (account?.id ?? "nobody");
    if (key === whose) return;
    const isFirst = whose === "";
    whose = key;
    // Where somebody was, and what they had begun to write, is nobody else's; also where they were signed out in another tab.
    if (key !== "stopped" && handOver(account?.id ?? null)) history.replaceState(null, "", link.following);
    shown?.close();
    shown = null;
    if (!account) {
      const node = client.role === "stopped" ? stoppedScreen(client) : signInScreen(client);
      place.replaceChildren(node);
      document.title = "Outrigger";
      if (!isFirst) node.querySelector("h1")?.focus();
      return;
    }
    try {
      const made = await shell(client, account);
      if (whose !== key) return made.close();
      shown = made;
      place.replaceChildren(made.node);
      made.begin(!isFirst);
    } catch (error) {
      // Where it has stopped meanwhile, that is what is shown.
      if (whose === key) place.replaceChildren(cannotOpen(error));
    }
  };
  const updated = () => void update();
  // Another tab holds the database, and found that it cannot keep what was written in this one.
  client.addEventListener("refused", (event) => toast(`Something that you wrote was not kept. ${whatWentWrong(/** @type {CustomEvent} */ (event).detail)}`));
  client.addEventListener("account", updated);
  client.addEventListener("role", updated);
  updated();
  void register(client);
}
