/**
 * The app at `/`: opens the client, and shows what fits what it says: nobody signed in, somebody, or a tab that has stopped.
 *
 * Owns the choice between these. Never reads or writes anything itself.
 */
import { openClient } from "../package/index.js";
import "../package/sync-status.js";
import { toast } from "./parts/toast.js";
import { register } from "./register.js";
import { cannotOpen } from "./screens/cannot-open.js";
import { signInScreen } from "./screens/sign-in.js";
import { stoppedScreen } from "./screens/stopped.js";
import { shell } from "./shell.js";
import { whatWentWrong } from "./words.js";

const place = /** @type {HTMLElement} */ (document.getElementById("app"));

openClient()
  .then(begin)
  .catch((error) => place.replaceChildren(cannotOpen(error)));

/** @param {import("../package/index.js").Client} client */
function begin(client) {
  /** @type {Awaited<ReturnType<typeof shell>> | null} */
  let shown = null;
  let whose = "";
  const update = async () => {
    const account = client.role === "stopped" ? null : client.account;
    const key = client.role === "stopped" ? "stopped" : (account?.id ?? "nobody");
    if (key === whose) return;
    const isFirst = whose === "";
    whose = key;
    shown?.close();
    shown = null;
    if (!account) {
      const node = client.role === "stopped" ? stoppedScreen(client) : signInScreen(client);
      place.replaceChildren(node);
      document.title = "Outrigger";
      if (!isFirst) node.querySelector("h1")?.focus();
      return;
    }
    const made = await shell(client, account);
    if (whose !== key) {
      made.close();
      return;
    }
    shown = made;
    place.replaceChildren(made.node);
    made.begin(!isFirst);
  };
  const updated = () => void update().catch((error) => place.replaceChildren(cannotOpen(error)));
  // Another tab holds the database, and found that it cannot keep what was written in this one.
  client.addEventListener("refused", (event) => toast(`Something that you wrote was not kept. ${whatWentWrong(/** @type {CustomEvent} */ (event).detail)}`));
  client.addEventListener("account", updated);
  client.addEventListener("role", updated);
  updated();
  void register(client);
}
