/**
 * How the lists of the panel look, their rows, and what can be done in them.
 *
 * Owns sizes and shapes; colours are roles of `style-colours.js`.
 */
export const ROWS = `
.panel .panel-body > .list { margin-block: 14px 0; }
.list-head { display: flex; align-items: center; justify-content: space-between; flex-wrap: wrap; gap: 4px 12px; min-block-size: 24px; padding-block-end: 8px; }
h3 { font-size: 13px; line-height: 18px; font-weight: 600; color: var(--_on-surface-variant); }
.list_failed h3 { color: var(--_error); }
.rows-more { padding-block: 8px; color: var(--_on-surface-variant); font-size: 13px; }

.row { display: flex; gap: 12px; padding-block: 10px; border-block-start: 1px solid var(--_outline-variant); }
.row-picture { padding-block-start: 1px; color: var(--_on-surface-variant); }
.row-picture .icon { inline-size: 18px; block-size: 18px; }
.row[data-state="parked"] .row-picture { color: var(--_error); }
.row[data-state="in_flight"] .row-picture { color: var(--_primary); }
.row-body { flex: 1; min-inline-size: 0; display: grid; grid-template-columns: minmax(0, 1fr) auto; align-content: start; }
.row-body > * { grid-column: 1 / -1; }
.row-title { font-weight: 600; }
.row-size, .row-state { color: var(--_on-surface-variant); font-size: 13px; line-height: 18px; }
.row-size:not(:empty)::before { content: " · "; }
.row-excerpt {
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden;
}
.row[data-state="parked"] .row-state { color: var(--_on-surface); margin-block-start: 2px; }
.row-problem { color: var(--_error); font-size: 13px; line-height: 18px; }
.row-problem:empty { display: none; }
.row[aria-busy="true"] { opacity: .6; pointer-events: none; }
.row-actions { display: flex; flex-wrap: wrap; gap: 6px; margin-block-start: 8px; }
/* What waits needs nobody: what can be done with it stands back, beside it. */
.row:not([data-state="parked"]) .row-line, .row:not([data-state="parked"]) .row-state { grid-column: 1; }
.row:not([data-state="parked"]) .row-body > .row-actions { grid-area: 1 / 2 / span 2; align-self: center; gap: 0; margin: 0; flex-wrap: nowrap; }
.row:not([data-state="parked"]) .row-body > .row-actions .chip {
  inline-size: 34px; min-block-size: 34px; padding: 0; justify-content: center; border-color: transparent; border-radius: 50%;
  color: var(--_on-surface-variant);
}
.row:not([data-state="parked"]) .row-body > .row-actions .icon { inline-size: 17px; block-size: 17px; margin: 0; }
.row:not([data-state="parked"]) .row-body > .row-actions span { display: none; }

.chip {
  display: inline-flex; align-items: center; gap: 6px; box-sizing: border-box; min-block-size: 30px; padding: 4px 12px;
  border: 1px solid var(--_outline-variant); border-radius: 15px; background: none; color: var(--_primary);
  font-size: 13px; line-height: 18px; font-weight: 500;
}
.chip .icon { inline-size: 14px; block-size: 14px; margin-inline-start: -2px; }
.chip.filled { background: var(--_primary); border-color: transparent; color: var(--_on-primary); }
.chip.danger { background: var(--_error); border-color: transparent; color: var(--_on-error); }
@media (hover: hover) {
  .chip:hover, .close:hover, .switch:hover { background-image: linear-gradient(color-mix(in srgb, currentColor 8%, transparent) 0 0); }
}
@media (pointer: coarse) {
  .chip { min-block-size: 36px; border-radius: 18px; padding-inline: 14px; }
}

.face { margin-block-start: 8px; padding: 12px; border-radius: 12px; background: var(--_surface-container); font-size: 13px; line-height: 18px; }
.question { font-size: 14px; font-weight: 600; }
.along li { position: relative; padding-inline-start: 14px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.along li::before { content: "–"; position: absolute; inset-inline-start: 2px; }
.editor {
  display: block; box-sizing: border-box; inline-size: 100%; padding: 8px 10px; resize: vertical; field-sizing: content;
  max-block-size: 200px; min-block-size: 64px; border: 1px solid var(--_outline); border-radius: 8px;
  background: var(--_surface); color: var(--_on-surface); font: inherit; font-size: 14px; line-height: 20px;
}
.editor:focus-visible { outline-offset: -1px; }

@media (forced-colors: active) {
  .chip { border-color: ButtonText; color: ButtonText; background: ButtonFace; }
  .face { border: 1px solid CanvasText; }
}
`;
