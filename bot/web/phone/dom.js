// Building blocks of the page. All texts go in as text nodes, never as HTML.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

/** An element: `el("p", { class: "hint", onclick: f }, "text", child)`. */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

export function icon(name, label) {
  const picture = svg("svg", label ? { class: "icon", role: "img", "aria-label": label } : { class: "icon", "aria-hidden": "true" });
  picture.append(svg("use", { href: `#i-${name}` }));
  if (label) picture.prepend(svg("title", {}, label));
  return picture;
}

/** Runs `draw` only where the value differs from the last one: what stays is not announced anew. */
export function whenChanged(draw) {
  let last;
  return (value, ...rest) => {
    const written = JSON.stringify([value, ...rest]);
    if (written === last) return;
    last = written;
    draw(value, ...rest);
  };
}

export function shown(value) {
  if (value === null || value === undefined) return "—";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const exact = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const today = (date) => date.toDateString() === new Date().toDateString();

/** Unix seconds as a time of the day, with the date where it is not today. */
export function time(at, seconds = false) {
  const date = new Date(at * 1000);
  return today(date) ? (seconds ? exact : clock).format(date) : full.format(date);
}

export function until(at) {
  const left = Math.round(at - Date.now() / 1000);
  if (left <= 0) return "due now";
  const [days, hours, minutes] = [Math.floor(left / 86400), Math.floor(left / 3600) % 24, Math.floor(left / 60) % 60];
  if (days) return `in ${days} d ${hours} h`;
  if (hours) return `in ${hours} h ${minutes} min`;
  return minutes ? `in ${minutes} min ${left % 60} s` : `in ${left} s`;
}

const storage = (use) => {
  try {
    return use();
  } catch {
    return null;
  }
};
export const remembered = (name) => storage(() => localStorage.getItem(`parley.${name}`));
export const remember = (name, value) => storage(() => localStorage.setItem(`parley.${name}`, value));
