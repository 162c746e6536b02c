/**
 * Making elements, in few words.
 *
 * Owns nothing but that. Never takes HTML: what people wrote is text, and stays text.
 */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} [attributes]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/**
 * Sets a text only where it differs, so that nothing is laid out or read out anew.
 *
 * @param {Element} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) {
    target.textContent = text;
  }
}

/**
 * A button with a text, and an icon before it.
 *
 * @param {string} className
 * @param {() => void} onClick
 * @param {Node} [icon]
 * @returns {{ button: HTMLButtonElement, label: HTMLSpanElement }}
 */
export function button(className, onClick, icon) {
  const label = element("span");
  const made = element("button", { type: "button", class: className }, ...(icon ? [icon] : []), label);
  made.addEventListener("click", onClick);
  return { button: made, label };
}
