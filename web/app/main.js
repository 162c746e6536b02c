/**
 * The beginning of the app at `/`: the client is opened first, so that its Worker is at work while the rest of the app is still being loaded.
 *
 * Owns this order. What is shown then is `app.js`'s.
 */
import { openClient } from "../package/index.js";

const place = /** @type {HTMLElement} */ (document.getElementById("app"));
const opening = openClient().then(
  (client) => ({ client, error: null }),
  (error) => ({ client: null, error }),
);

import("./app.js").then(
  async ({ begin, cannotOpen }) => {
    const { client, error } = await opening;
    if (client) begin(client, place);
    else place.replaceChildren(cannotOpen(error));
  },
  () => place.append("This app could not be loaded. Load this page again."),
);
