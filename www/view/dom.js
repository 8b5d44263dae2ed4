// The little of a view library that the page needs.

/** An element: `make('li', { class: 'x' }, child, …)`. Functions are listeners; undefined and false are left out. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value)
    else if (value === true) element.setAttribute(name, '')
    else if (value !== undefined && value !== false) element.setAttribute(name, value)
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== false && child !== ''))
  return element
}

/** Replaces what is inside `parent`. The element with the focused one's `data-key` gets the focus. */
export function replace(parent, ...children) {
  const key = parent.contains(document.activeElement) ? document.activeElement.dataset.key : undefined
  parent.replaceChildren(...children.flat().filter((child) => child !== undefined && child !== false && child !== ''))
  if (key) [...parent.querySelectorAll('[data-key]')].find((element) => element.dataset.key === key)?.focus()
}

export const byId = (id) => document.getElementById(id)

/** `3 files`, `1 file`. */
export const count = (number, word) => `${number} ${word}${number === 1 ? '' : 's'}`
