/**
 * Serves `web/` as the real server does: the same paths, and the same Content-Security-Policy.
 *
 * Owns a few static routes. Never stands in for the API: what needs a server is tested with the real one.
 */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const WEB = fileURLToPath(new URL("../..", import.meta.url));
const PAGES = new Map([["/gallery", "app/gallery.html"], ["/blank", "tests/support/blank.html"]]);
const FOLDERS = ["/app/", "/package/", "/tests/support/"];
/** The engine with what replays its scenarios: `cargo xtask browser` builds it. */
const REPLAY = process.env.OUTRIGGER_REPLAY ?? join(WEB, "../target/wasm/replay");
const TYPES = new Map([
  [".html", "text/html; charset=utf-8"],
  [".js", "text/javascript; charset=utf-8"],
  [".css", "text/css; charset=utf-8"],
  [".json", "application/json"],
  [".svg", "image/svg+xml"],
  [".wasm", "application/wasm"],
]);
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
].join("; ");

const server = createServer(async (request, response) => {
  const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
  const file = fileOf(path);
  const type = TYPES.get(extname(file ?? ""));
  if (path === "/favicon.ico") {
    response.writeHead(204).end();
    return;
  }
  try {
    if (!file || !type) {
      throw new Error("nothing is served here");
    }
    const body = await readFile(file);
    response.writeHead(200, { "content-type": type, "content-security-policy": POLICY, "cache-control": "no-store" });
    response.end(body);
  } catch {
    response.writeHead(404).end();
  }
});

/** @param {string} path */
function fileOf(path) {
  if (path.startsWith("/replay/")) return join(REPLAY, path.slice("/replay/".length));
  const file = PAGES.get(path) ?? (FOLDERS.some((folder) => path.startsWith(folder)) ? path.slice(1) : null);
  return file && join(WEB, file);
}

server.listen(Number(process.env.PORT), "127.0.0.1");
