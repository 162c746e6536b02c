/**
 * Builds elements.
 *
 * Owns the one way in which this app makes DOM: by calls, with data as text nodes and attributes. Never parses HTML, so what people write stays text.
 */

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * What an element is made with: `on` are listeners, `class` its classes; a boolean sets or leaves out an attribute, anything else is its value.
 * @typedef {{ on?: Record<string, (event: any) => void>, class?: string, [attribute: string]: unknown }} Made
 */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Made | null} [made]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, made, ...children) {
  const element = document.createElement(tag);
  finish(element, made, children);
  return element;
}

/**
 * The same in SVG.
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Made | null} [made]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(tag, made, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  finish(element, made, children);
  return element;
}

/**
 * @param {Element} element
 * @param {Made | null | undefined} made
 * @param {Child[]} children
 */
function finish(element, made, children) {
  for (const [name, value] of Object.entries(made ?? {})) {
    if (name === "on") {
      for (const [type, listener] of Object.entries(/** @type {Record<string, EventListener>} */ (value))) {
        element.addEventListener(type, listener);
      }
    } else {
      attribute(element, name, value);
    }
  }
  fill(element, children);
}

/**
 * Sets an attribute, or takes it away where the value is `false`, `null` or `undefined`; writes nothing where nothing changes.
 * @param {Element} element
 * @param {string} name
 * @param {unknown} value
 */
export function attribute(element, name, value) {
  if (value === false || value === null || value === undefined) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/**
 * Appends what is there of these.
 * @param {Element} element
 * @param {Child[]} children
 */
export function fill(element, children) {
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

/**
 * Says this text, and touches nothing where it is said already.
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Shows or hides.
 * @param {HTMLElement} element
 * @param {boolean} shown
 */
export function show(element, shown) {
  if (element.hidden === shown) element.hidden = !shown;
}
