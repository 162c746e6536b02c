/**
 * What can be done from the inspector: go offline and come back, sync now, take the queue along for a bug report.
 *
 * Owns the switches. What is exported has no payloads: nothing that somebody wrote is in it.
 */
import { attribute, el, say } from "../dom.js";
import { icon } from "../icons.js";
import { toast } from "../parts/toast.js";
import { whatWentWrong } from "../words.js";

/** @param {import("../../package/index.js").Client} client */
export function controls(client) {
  const isOffline = () => client.state.current.cause === "by_choice";
  const offline = el("button", { type: "button", class: "switch", role: "switch", on: { click: () => attempt(() => client.setOnline(isOffline())) } }, el("span", { class: "switch-track", "aria-hidden": "true" }), "Offline");
  const next = el("p", { class: "next-attempt" });
  const node = el(
    "div",
    { class: "controls" },
    next,
    offline,
    el("button", { type: "button", class: "button tonal small", on: { click: () => attempt(() => client.triggerSync()) } }, icon("retry"), "Sync now"),
    el("button", { type: "button", class: "button quiet small", on: { click: () => attempt(() => download(client)) } }, icon("download"), "Export the queue"),
  );
  const update = () => {
    attribute(offline, "aria-checked", String(isOffline()));
    const { kind, pending, failed, in_flight } = client.state.current;
    say(next, `${kind}: ${pending} pending, ${in_flight} in flight, ${failed} parked`);
  };
  update();
  return { node, update };
}

/** @param {() => Promise<unknown>} act */
async function attempt(act) {
  try {
    await act();
  } catch (error) {
    toast(whatWentWrong(error));
  }
}

/** @param {import("../../package/index.js").Client} client */
async function download(client) {
  const queue = new Blob([await client.exportQueue()], { type: "application/json" });
  const url = URL.createObjectURL(queue);
  const link = el("a", { href: url, download: `outrigger-queue-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}.json` });
  link.click();
  // The browser has taken it once the click is over; some need it a little longer.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
