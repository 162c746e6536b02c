/**
 * Keeps the newest in sight for as long as one is at the bottom, as messengers do.
 *
 * Owns the scroll position only then. Never moves somebody who has scrolled up.
 */

const NEAR_PX = 80;

/** @param {HTMLElement} content what grows */
export function stayAtBottom(content) {
  const page = document.documentElement;
  let isAtBottom = true;
  const go = () => {
    isAtBottom = true;
    window.scrollTo({ top: page.scrollHeight, behavior: "instant" });
  };
  const scrolled = () => {
    isAtBottom = page.scrollHeight - page.clientHeight - window.scrollY < NEAR_PX;
  };
  const keep = () => {
    if (isAtBottom && content.isConnected) go();
  };
  const sizes = new ResizeObserver(keep);
  sizes.observe(content);
  window.addEventListener("scroll", scrolled, { passive: true });
  const close = () => {
    sizes.disconnect();
    window.removeEventListener("scroll", scrolled);
  };
  return { go, keep, close };
}
