/**
 * The beginning of the app at `/`: the client is opened first, so that its Worker is at work while the rest of the app is still being loaded.
 *
 * Owns this order, and what becomes of a page of which not everything could be loaded. What is shown then is `app.js`'s.
 */
import { openClient } from "../package/index.js";
import { forget, recall, remember } from "./tab-memory.js";

// For `check.js`: this browser can read what is served.
document.documentElement.dataset.runs = "";

/** Where it is noted that this tab loads the page once more. */
const AGAIN = "load-again";

const place = /** @type {HTMLElement} */ (document.getElementById("app"));
const opening = openClient().then(
  (client) => ({ client, error: null }),
  (error) => ({ client: null, error }),
);

import("./app.js").then(
  async ({ begin, cannotOpen }) => {
    forget(AGAIN);
    const { client, error } = await opening;
    if (client) begin(client, place);
    else place.replaceChildren(cannotOpen(error));
  },
  () => {
    // The process of the Service Worker may have died while it brought a part of the page: it is loaded once more, and no more than that.
    if (!recall(AGAIN) && remember(AGAIN, "now")) return location.reload();
    document.getElementById("not-loaded")?.removeAttribute("hidden");
  },
);
