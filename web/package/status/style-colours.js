/**
 * Colours: Material's roles as custom properties, each with a light and a dark default.
 *
 * Owns the defaults. A page sets `--outrigger-<role>` on the element or anywhere above it. Which of the two schemes holds is the page's `color-scheme`,
 * or the attribute `theme` of the element: `light`, `dark`, or `auto` for what the user prefers.
 */
export const COLOURS = `
:host {
  --_primary: var(--outrigger-primary, light-dark(#00658e, #85cfff));
  --_on-primary: var(--outrigger-on-primary, light-dark(#ffffff, #00344c));
  --_primary-container: var(--outrigger-primary-container, light-dark(#cfe9fb, #0f4a66));
  --_on-primary-container: var(--outrigger-on-primary-container, light-dark(#06415c, #cdebff));
  --_error: var(--outrigger-error, light-dark(#ba1a1a, #ffb4ab));
  --_on-error: var(--outrigger-on-error, light-dark(#ffffff, #690005));
  --_error-container: var(--outrigger-error-container, light-dark(#ffdad6, #7d1414));
  --_on-error-container: var(--outrigger-on-error-container, light-dark(#7a0a0e, #ffdad6));
  --_surface: var(--outrigger-surface, light-dark(#fbfcfe, #171b1f));
  --_surface-container: var(--outrigger-surface-container, light-dark(#eef2f6, #22272c));
  --_on-surface: var(--outrigger-on-surface, light-dark(#181c20, #e1e5e9));
  --_on-surface-variant: var(--outrigger-on-surface-variant, light-dark(#4c545b, #b4bdc5));
  --_outline: var(--outrigger-outline, light-dark(#79828a, #89939b));
  --_outline-variant: var(--outrigger-outline-variant, light-dark(#dbe1e6, #363d43));
  --_shadow: var(--outrigger-shadow, light-dark(#10202c33, #00000099));
  --_scrim: var(--outrigger-scrim, light-dark(#10202c66, #000000a6));
  --_font: var(--outrigger-font, inherit);
}
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([theme="auto"]) { color-scheme: light dark; }
`;
