/**
 * Makes an element. Strings and numbers among the children become text nodes: what comes from a chat is shown,
 * never read as HTML.
 *
 * @param {string} tag
 * @param {Object} attributes  `class`, ARIA attributes and so on; null and undefined are left out
 * @param {...(Node|string|number|null)} children
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Sets an element's text, and touches the page only if it is another one. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets or, with null, removes an attribute, and touches the page only if something changes. */
export function setAttribute(element, name, value) {
  if (value === null || value === undefined) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== String(value)) {
    element.setAttribute(name, value);
  }
}

/**
 * Makes `parent`'s children these, in this order, and moves only those that stand elsewhere: the focus and the
 * selection in the others stay.
 */
export function arrange(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) {
    if (!wanted.has(child)) child.remove();
  }
  let place = parent.firstElementChild;
  for (const child of children) {
    if (child === place) place = place.nextElementSibling;
    else parent.insertBefore(child, place);
  }
}

/** A word in a coloured dot's company: a job's status, a token's state. */
export function chip(word) {
  return el("span", { class: "chip", "data-word": word }, word);
}

/** Turns a chip into that of another word. */
export function setChip(element, word) {
  setText(element, word);
  setAttribute(element, "data-word", word);
}

/** Pairs of words and values as a list of definitions; pairs whose value is null are left out. */
export function facts(pairs) {
  const list = el("dl", { class: "facts" });
  for (const [name, value] of pairs) {
    if (value !== null && value !== undefined && value !== "") {
      list.append(el("div", {}, el("dt", {}, name), el("dd", {}, value)));
    }
  }
  return list;
}
