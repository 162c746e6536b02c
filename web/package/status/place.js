/**
 * Where the panel opens: beside the pill, on the side that has room.
 *
 * Owns that arithmetic. On a narrow screen the style sheet makes a sheet at the bottom of it, and what is set here is not looked at.
 */

const GAP = 8;

/**
 * @param {HTMLElement} panel Shown already: its width is measured.
 * @param {DOMRect | null} anchor `null` where there is no pill to be beside.
 */
export function place(panel, anchor) {
  const { clientWidth: width, clientHeight: height } = document.documentElement;
  if (anchor === null || anchor.width === 0) {
    panel.classList.add("centred");
    return;
  }
  panel.classList.remove("centred");
  const below = height - anchor.bottom;
  const isBelow = below >= anchor.top;
  const isAtLeft = anchor.left + anchor.right < width;
  const wanted = isAtLeft ? anchor.left : anchor.right - panel.offsetWidth;
  const left = Math.max(GAP, Math.min(wanted, width - panel.offsetWidth - GAP));
  panel.style.setProperty("--_left", `${left}px`);
  panel.style.setProperty("--_top", isBelow ? `${anchor.bottom + GAP}px` : "auto");
  panel.style.setProperty("--_bottom", isBelow ? "auto" : `${height - anchor.top + GAP}px`);
  panel.style.setProperty("--_room", `${(isBelow ? below : anchor.top) - 2 * GAP}px`);
}
