/**
 * The Service Worker: the shell of the app, kept by version, so that it opens without a network.
 *
 * Owns the cache of what the build lists in `/build.json`. Never touches `/v1`: what people write and read goes through the engine, which has its own
 * storage. A version is served whole or not at all: a new one waits until no tab uses the old one, whose files are then removed.
 */

const worker = /** @type {any} */ (self);
const VERSION = new URL(location.href).searchParams.get("version") ?? "unknown";
const PREFIX = "outrigger-shell-";
const CACHE = PREFIX + VERSION;
/** Addresses of pages, which are served whatever stands behind their `?`. */
const PAGES = ["/", "/inspector"];

worker.addEventListener("install", (/** @type {any} */ event) => event.waitUntil(keep()));
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(take()));
worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/v1/") || url.pathname === "/build.json" || url.pathname === "/sw.js") return;
  event.respondWith(answer(event.request, url));
});
worker.addEventListener("sync", (/** @type {any} */ event) => event.waitUntil(wake()));
worker.addEventListener("message", (/** @type {any} */ event) => {
  if (event.data?.type === "take-over") event.waitUntil(worker.skipWaiting());
});

async function keep() {
  const listed = await fetch("/build.json", { cache: "no-store" });
  if (!listed.ok) throw new Error(`/build.json: ${listed.status}`);
  const { version, files } = await listed.json();
  // A build that changed meanwhile would be kept under the wrong name: the next visit tries again.
  if (version !== VERSION) throw new Error(`build ${version} is served, ${VERSION} was asked for`);
  const cache = await caches.open(CACHE);
  await cache.addAll([...new Set([...PAGES, ...files])].map((/** @type {string} */ path) => new Request(path, { cache: "no-cache" })));
}

async function take() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== CACHE).map((name) => caches.delete(name)));
  await worker.clients.claim();
}

/**
 * @param {Request} request
 * @param {URL} url
 */
async function answer(request, url) {
  const cache = await caches.open(CACHE);
  const isPage = request.mode === "navigate" && PAGES.includes(url.pathname);
  const kept = await cache.match(isPage ? url.pathname : request);
  return kept ?? fetch(request);
}

/** Wakes the pages whose engine sends. Where none is open it fails, so that the browser tries again. */
async function wake() {
  const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const pages = windows.filter((/** @type {any} */ { url }) => PAGES.includes(new URL(url).pathname));
  if (pages.length === 0) throw new Error("no page is open that could send");
  for (const page of pages) page.postMessage({ type: "sync" });
}
