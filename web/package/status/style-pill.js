/**
 * How the pill looks, and that nothing takes no room.
 *
 * Owns sizes and shapes; colours are roles of `style-colours.js`. Sides are logical: what runs from right to left is mirrored by itself.
 */
export const PILL = `
:host { display: inline-flex; vertical-align: middle; max-inline-size: 100%; }
/* No box at all: neither a line, nor a margin, nor the gap of a flex container. */
:host([kind="idle"]) { display: contents; }
:host([display="panel"]) { display: block; }
:host([hidden]) { display: none; }

.root { display: contents; font-family: var(--_font); }
[hidden] { display: none !important; }
.said, .unseen {
  position: absolute; inline-size: 1px; block-size: 1px; margin: -1px; padding: 0; border: 0;
  overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
button { font: inherit; color: inherit; cursor: pointer; -webkit-tap-highlight-color: transparent; }
:focus-visible { outline: 2px solid var(--_primary); outline-offset: 2px; }

.icon {
  display: block; inline-size: 16px; block-size: 16px; flex: none;
  fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round;
}
.mirrored:dir(rtl) { scale: -1 1; }
.spinner { stroke-width: 3; stroke: var(--_primary); rotate: -90deg; }
.spinner .track { opacity: .24; }
.spinner .arc { transition: stroke-dasharray .25s ease-out; }
.spinner.turning { animation: turn 1.1s linear infinite; }
@keyframes turn { from { rotate: -90deg; } to { rotate: 270deg; } }

.pill {
  position: relative; display: inline-flex; align-items: stretch; box-sizing: border-box; max-inline-size: 100%;
  min-block-size: 28px; border: 1px solid transparent; border-radius: var(--outrigger-pill-radius, 16px);
  font-size: 12px; line-height: 16px; font-weight: 500; font-variant-numeric: tabular-nums; text-align: start;
  background: var(--_error-container); color: var(--_on-error-container);
}
.pill[data-tone="primary"] { background: var(--_primary-container); color: var(--_on-primary-container); }
.pill[data-tone="error"] .picture { color: var(--_error); }
.pill .picture { display: grid; place-items: center; flex: none; }
.pill .text { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; align-self: center; padding-block: 5px; }

.act, .more {
  display: inline-flex; align-items: center; min-inline-size: 0; padding: 0; border: 0; background: none;
  border-radius: inherit; text-align: start;
}
.act .picture, .more .picture { padding-inline: 11px 8px; }
.act { padding-inline-end: 8px; border-start-end-radius: 0; border-end-end-radius: 0; }
.more { flex: 0 1 auto; padding-inline-end: 8px; }
.more > .icon { inline-size: 14px; block-size: 14px; margin-inline-start: 5px; opacity: .8; transition: rotate .15s; }
.more[aria-expanded="true"] > .icon { rotate: 180deg; }
.act + .more { flex: none; padding-inline: 3px 8px; border-start-start-radius: 0; border-end-start-radius: 0; }
.act + .more::before {
  content: ""; position: absolute; inset-block: 7px; inset-inline-end: 31px;
  border-inline-start: 1px solid color-mix(in srgb, currentColor 30%, transparent);
}
@media (hover: hover) {
  .act:hover, .more:hover { background: color-mix(in srgb, currentColor 8%, transparent); }
}
.act:active, .more:active { background: color-mix(in srgb, currentColor 14%, transparent); }

@media (prefers-reduced-motion: reduce) {
  .spinner.turning { animation: none; }
  .spinner .arc, .more > .icon { transition: none; }
}
@media (forced-colors: active) {
  .pill { border-color: CanvasText; background: Canvas; color: CanvasText; }
  .pill[data-tone="error"] .picture, .spinner { color: CanvasText; stroke: CanvasText; }
  .act, .more { color: ButtonText; }
  :focus-visible { outline-color: Highlight; }
}
`;
