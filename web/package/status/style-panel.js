/**
 * How the panel looks: beside the pill where there is room, a sheet at the bottom of a narrow screen, a card where it stands in the page.
 *
 * Owns sizes and shapes; where it opens is `place.js`.
 */
export const PANEL = `
.panel {
  display: flex; flex-direction: column; box-sizing: border-box; inline-size: min(416px, calc(100vw - 16px)); padding: 0;
  border: 1px solid var(--_outline-variant); border-radius: 20px; overflow: hidden;
  background: var(--_surface); color: var(--_on-surface);
  font-size: 14px; line-height: 20px; font-weight: 400; text-align: start; overflow-wrap: anywhere;
}
.panel p, .panel h2, .panel h3, .panel ul { margin: 0; padding: 0; list-style: none; }
dialog.panel:not([open]) { display: none; }
dialog.panel {
  position: fixed; margin: 0; inset: var(--_top, auto) auto var(--_bottom, auto) var(--_left, 8px);
  max-block-size: min(620px, var(--_room, calc(100dvh - 16px)));
  box-shadow: 0 1px 3px var(--_shadow), 0 12px 36px var(--_shadow); animation: appear .16s ease-out;
}
dialog.panel.centred { inset: 0; margin: auto; block-size: fit-content; }
dialog.panel::backdrop { background: transparent; }
div.panel { inline-size: 100%; }
@keyframes appear { from { opacity: 0; translate: 0 6px; } }

.panel-head { display: flex; align-items: center; gap: 12px; padding: 16px; padding-block-end: 8px; }
.head-picture { color: var(--_primary); }
.head-picture .icon { inline-size: 24px; block-size: 24px; stroke-width: 1.75; }
.head-picture .spinner { stroke-width: 3; inline-size: 22px; block-size: 22px; margin: 1px; }
[data-tone="error"] .head-picture, [data-tone="offline"] .head-picture { color: var(--_error); }
.panel h2 { flex: 1; font-size: 16px; line-height: 24px; font-weight: 600; outline: none; }
.close {
  display: grid; place-items: center; inline-size: 36px; block-size: 36px; margin: -6px; padding: 0;
  border: 0; border-radius: 50%; background: none; color: var(--_on-surface-variant);
}
.close .icon { inline-size: 20px; block-size: 20px; }

.panel-body { flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 0 16px 8px; min-block-size: 0; }
.panel .panel-body > * { margin-block-end: 10px; }
.panel-body > :empty { display: none; }
.hint { color: var(--_on-surface-variant); }
.message {
  display: block; padding: 8px 12px; border-radius: 10px; background: var(--_surface-container);
  color: var(--_on-surface-variant); font-size: 13px; line-height: 18px;
}
.bar { margin-block-start: 4px; block-size: 6px; border-radius: 3px; overflow: hidden; background: var(--_primary-container); }
.bar-filled { block-size: 100%; border-radius: 3px; background: var(--_primary); transition: inline-size .25s ease-out; }
.figures, .next { color: var(--_on-surface-variant); font-size: 13px; font-variant-numeric: tabular-nums; }
.next-line { display: flex; align-items: center; justify-content: space-between; gap: 12px; }

.panel-foot { border-block-start: 1px solid var(--_outline-variant); }
.switch {
  display: flex; align-items: center; justify-content: space-between; gap: 16px; inline-size: 100%;
  padding: 12px 16px; border: 0; background: none; text-align: start;
}
.switch:focus-visible { outline-offset: -3px; border-radius: 0 0 18px 18px; }
.switch-words { display: grid; }
.switch-label { font-weight: 500; }
.switch-hint { color: var(--_on-surface-variant); font-size: 13px; line-height: 18px; }
.switch-track {
  position: relative; flex: none; box-sizing: border-box; inline-size: 44px; block-size: 26px;
  border: 2px solid var(--_outline); border-radius: 13px; background: var(--_surface-container); transition: background .15s;
}
.switch-thumb {
  position: absolute; inset-block: 4px; inset-inline-start: 5px; inline-size: 14px; border-radius: 50%;
  background: var(--_outline); transition: inset-inline-start .15s;
}
[aria-checked="true"] .switch-track { background: var(--_primary); border-color: var(--_primary); }
[aria-checked="true"] .switch-thumb { inset-block: 3px; inset-inline-start: 21px; inline-size: 16px; background: var(--_on-primary); }

@media (max-width: 560px) {
  dialog.panel, dialog.panel.centred {
    inset: auto 0 0; margin: 0; inline-size: 100%; max-inline-size: none; max-block-size: 85dvh;
    border-width: 1px 0 0; border-radius: 24px 24px 0 0; padding-block-end: env(safe-area-inset-bottom, 0);
  }
  dialog.panel::backdrop { background: var(--_scrim); }
  @keyframes appear { from { translate: 0 40%; opacity: 0; } }
}
@media (prefers-reduced-motion: reduce) {
  dialog.panel { animation: none; }
  .bar-filled, .switch-track, .switch-thumb { transition: none; }
}
@media (forced-colors: active) {
  .bar { border: 1px solid CanvasText; }
  .bar-filled { background: Highlight; forced-color-adjust: none; }
  .switch-track { border-color: ButtonText; }
  .switch-thumb { background: ButtonText; }
  [aria-checked="true"] .switch-track { background: Highlight; border-color: Highlight; forced-color-adjust: none; }
  [aria-checked="true"] .switch-thumb { background: HighlightText; forced-color-adjust: none; }
}
`;
