/**
 * The Service Worker, seen from the page: registering it by the version of the build, taking a new one, and being woken by it.
 *
 * Owns nothing of what it keeps: see `sw.js`. The app works without it; then it only does not open offline.
 */

/** A version that is installed and waits for the old one's tabs. Event `ready`. */
class NewVersion extends EventTarget {
  /** @type {ServiceWorker | null} */
  #waiting = null;

  get isReady() {
    return this.#waiting !== null;
  }

  /** @param {ServiceWorker} worker */
  found(worker) {
    this.#waiting = worker;
    this.dispatchEvent(new Event("ready"));
  }

  /** Takes it, in all tabs of this app: each loads itself anew. */
  use() {
    this.#waiting?.postMessage({ type: "take-over" });
  }
}

export const newVersion = new NewVersion();

/**
 * @param {import("../package/index.js").Client} client
 */
export async function register(client) {
  if (!navigator.serviceWorker) return;
  let isControlled = navigator.serviceWorker.controller !== null;
  let isReloading = false;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    // The first worker takes the page as it is; a later one brings another version of it.
    const isFirst = !isControlled;
    isControlled = true;
    if (isFirst || isReloading) return;
    isReloading = true;
    location.reload();
  });
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data?.type === "sync") client.triggerSync().catch(() => undefined);
  });
  const registration = await install();
  if (!registration) return;
  watch(registration);
  wakeWhenReachable(client, registration);
}

/** Registers the worker of the newest version; where the server cannot be asked, the one that is there stays. */
async function install() {
  if (!navigator.onLine) return navigator.serviceWorker.getRegistration("/");
  try {
    const answer = await fetch("/build.json", { cache: "no-store" });
    if (!answer.ok) return await navigator.serviceWorker.getRegistration("/");
    const { version } = await answer.json();
    return await navigator.serviceWorker.register(`/sw.js?version=${encodeURIComponent(version)}`, { scope: "/", updateViaCache: "none" });
  } catch {
    return navigator.serviceWorker.getRegistration("/");
  }
}

/** @param {ServiceWorkerRegistration} registration */
function watch(registration) {
  if (registration.waiting && navigator.serviceWorker.controller) newVersion.found(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const worker = registration.installing;
    worker?.addEventListener("statechange", () => {
      if (worker.state === "installed" && navigator.serviceWorker.controller) newVersion.found(worker);
    });
  });
}

/**
 * Asks the browser to wake the app once the network is back, while something waits.
 * @param {import("../package/index.js").Client} client
 * @param {ServiceWorkerRegistration} registration
 */
function wakeWhenReachable(client, registration) {
  const { sync } = /** @type {{ sync?: { register(tag: string): Promise<void> } }} */ (/** @type {unknown} */ (registration));
  if (!sync) return;
  let known = 0;
  const look = () => {
    const { pending } = client.state.current;
    // Refused, it only wakes later: when somebody opens the app.
    if (pending > known) sync.register("outrigger").catch(() => undefined);
    known = pending;
  };
  client.state.addEventListener("change", look);
  // It wakes once, and may have done so for what still waits. With a network it would wake at once, so it is asked anew only when that goes.
  addEventListener("offline", () => {
    known = 0;
    look();
  });
  look();
}

/** Loads the page anew, in its newest version where that can be had. */
export async function reloadNewest() {
  const registration = await navigator.serviceWorker?.getRegistration("/");
  if (registration) {
    const newest = await install().catch(() => undefined);
    const worker = newest?.installing ?? newest?.waiting;
    if (worker) {
      worker.postMessage({ type: "take-over" });
      await new Promise((resolve) => {
        worker.addEventListener("statechange", () => worker.state === "activated" && resolve(undefined));
        setTimeout(resolve, 5_000);
      });
    }
  }
  location.reload();
}
