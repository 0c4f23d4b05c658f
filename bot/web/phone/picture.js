// The state machine's picture: the server draws it as SVG, and here its classes change.
import { byId, el, svg } from "./dom.js";

const CLOSEST = 2;
const READABLE = 0.62;
const FAR = 0.3; // from here on texts are dust, and only the shapes are drawn
const AT_EASE = [0.7, 0.95];
const NEIGHBOURHOOD = 1000; // a state with those before and after it
const MARGIN = 28;
const BELOW = 80; // room under the picture, so that its last states rise above the overview

/** A shift by which no room is left empty beside the picture; a small one stands in the middle. */
function held(shift, room, extent) {
  if (extent + 2 * MARGIN <= room) return (room - extent) / 2;
  return Math.min(MARGIN, Math.max(room - extent - MARGIN, shift));
}

const calm = matchMedia("(prefers-reduced-motion: reduce)");

export class Picture {
  constructor() {
    this.canvas = byId("canvas");
    this.overview = byId("overview");
    this.details = byId("details");
    this.graph = null;
    this.view = { x: 0, y: 0, k: 1 };
    this.mark = { state: null, over: false, visited: new Set(), taken: new Set() };
    this.touched = false;
    this.listen();
  }

  /** Whether this version of a flow is what is shown. */
  shows(graph) {
    return this.graph?.flow === graph.flow && this.graph.version === graph.version;
  }

  /** Shows a graph as the server drew it, and answers in which version; of one that is shown already
      only the counts are new. */
  show(graph, written) {
    const drawn = new DOMParser().parseFromString(written, "image/svg+xml").documentElement;
    const { flow, version } = drawn.dataset;
    const key = `${flow}@${version}`;
    if (this.drawn === key) {
      this.graph = graph;
      this.recount(drawn);
      return version;
    }
    const other = this.graph?.flow !== graph.flow;
    this.drawn = key;
    this.graph = graph;
    this.nodes = new Map(graph.nodes.map((node) => [node.id, node]));
    this.world = svg("g");
    this.world.append(...[...drawn.children].filter((part) => part.matches("g")).map((part) => document.importNode(part, true)));
    this.read(drawn);
    this.canvas.replaceChildren(this.world);
    this.drawOverview();
    this.closeDetails();
    if (other) this.touched = false;
    this.remark();
    this.home(false);
    return version;
  }

  /** Where the states stand, and what belongs to which way. */
  read(drawn) {
    this.shapes = new Map();
    this.ways = new Map();
    const places = new Map();
    for (const shape of this.world.querySelectorAll("[data-state]")) {
      const id = shape.dataset.state;
      const box = shape.querySelector(".box");
      const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(box.getAttribute(name)));
      places.set(id, { id, x, y, width, height });
      shape.setAttribute("role", "button");
      this.shapes.set(id, shape);
    }
    for (const shape of this.world.querySelectorAll("[data-source][data-target]")) {
      const key = `${shape.dataset.source}\n${shape.dataset.target}`;
      if (!this.ways.has(key)) this.ways.set(key, []);
      this.ways.get(key).push(shape);
    }
    const { width, height } = drawn.viewBox.baseVal;
    this.plan = { places, width, height };
  }

  /** Takes over the counts of a newer drawing: the same shapes in the same order. */
  recount(drawn) {
    const every = "[data-state], .way, .tag";
    const newer = drawn.querySelectorAll(every);
    this.world.querySelectorAll(every).forEach((shape, index) => {
      shape.querySelector("title").textContent = newer[index].querySelector("title").textContent;
      shape.querySelector(".counts")?.remove();
      const counts = newer[index].querySelector(".counts");
      if (counts) shape.append(document.importNode(counts, true));
    });
  }

  /** Lights where the session is and how it came there. */
  remark(mark = this.mark) {
    const moved = mark.state !== this.mark.state;
    this.mark = mark;
    if (!this.graph) return;
    const path = new Set(mark.visited);
    const steps = new Set(mark.taken);
    for (let id = mark.state; id && this.nodes.has(id) && !mark.visited.size;) {
      const { parent } = this.nodes.get(id);
      path.add(id);
      if (parent) steps.add(`${parent}\n${id}`);
      id = parent;
    }
    for (const [id, shape] of this.shapes) {
      const here = id === mark.state;
      shape.classList.toggle("current", here && !mark.over);
      shape.classList.toggle("last", here && mark.over);
      shape.classList.toggle("visited", !here && path.has(id));
      const node = this.nodes.get(id);
      shape.setAttribute("aria-label", [id, here ? (mark.over ? "the session ended here" : "current state") : path.has(id) ? "visited" : "", node?.final ? "end" : "", node?.text].filter(Boolean).join(". "));
      shape.setAttribute("tabindex", (mark.state && this.shapes.has(mark.state) ? here : id === this.graph.initial) ? "0" : "-1");
    }
    for (const [key, shapes] of this.ways) {
      for (const shape of shapes) {
        shape.classList.toggle("taken", steps.has(key));
        shape.classList.toggle("open", !mark.over && key.startsWith(`${mark.state}\n`));
      }
    }
    for (const [id, dot] of this.dots) dot.setAttribute("class", id === mark.state ? "now" : path.has(id) ? "been" : "");
    if (moved) this.home(true);
  }

  // looking at it

  size() {
    return { width: this.canvas.clientWidth || 1, height: this.canvas.clientHeight || 1 };
  }

  fitting() {
    const { width, height } = this.size();
    return Math.min((width - 2 * MARGIN) / this.plan.width, (height - 2 * MARGIN) / this.plan.height, 1.15);
  }

  /** The whole flow where it is readable so, else the current state with what lies around it. */
  home(smooth) {
    if (!this.graph) return;
    if (this.fitting() >= READABLE && !this.touched) this.fit(smooth);
    else this.centre(this.mark.state && this.shapes.has(this.mark.state) ? this.mark.state : this.graph.initial, smooth);
  }

  fit(smooth = true) {
    const { width, height } = this.size();
    const k = this.fitting();
    this.go({ k, x: (width - this.plan.width * k) / 2, y: (height - this.plan.height * k) / 2 }, smooth);
  }

  centre(id, smooth = true) {
    const item = this.plan?.places.get(id);
    if (!item) return;
    const { width, height } = this.size();
    const k = this.touched && this.view.k >= READABLE ? this.view.k : Math.min(AT_EASE[1], Math.max(AT_EASE[0], width / NEIGHBOURHOOD));
    this.go({
      k,
      x: held(width / 2 - (item.x + item.width / 2) * k, width, this.plan.width * k),
      y: held(height / 2 - (item.y + item.height / 2) * k, height, this.plan.height * k + BELOW),
    }, smooth);
  }

  zoom(by, x = this.size().width / 2, y = this.size().height / 2) {
    const least = Math.min(this.fitting(), READABLE) * 0.8;
    const k = Math.min(CLOSEST, Math.max(least, this.view.k * by));
    const scale = k / this.view.k;
    this.touched = true;
    this.go({ k, x: x - (x - this.view.x) * scale, y: y - (y - this.view.y) * scale }, false);
  }

  pan(dx, dy) {
    this.touched = true;
    this.go({ ...this.view, x: this.view.x + dx, y: this.view.y + dy }, false);
  }

  go(to, smooth) {
    cancelAnimationFrame(this.frame);
    if (!smooth || calm.matches || document.hidden) return this.look(to);
    const from = { ...this.view };
    const begun = performance.now();
    const step = (now) => {
      const t = Math.min(1, (now - begun) / 320);
      const e = 1 - (1 - t) ** 3;
      this.look({ x: from.x + (to.x - from.x) * e, y: from.y + (to.y - from.y) * e, k: from.k + (to.k - from.k) * e });
      if (t < 1) this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
    return undefined;
  }

  look(view) {
    if (!this.world) return;
    this.view = view;
    this.world.setAttribute("transform", `translate(${view.x.toFixed(2)} ${view.y.toFixed(2)}) scale(${view.k.toFixed(4)})`);
    this.canvas.classList.toggle("far", view.k < FAR);
    const { width, height } = this.size();
    const hidden = view.x < -1 || view.y < -1 || view.x + this.plan.width * view.k > width + 1 || view.y + this.plan.height * view.k > height + 1;
    this.overview.toggleAttribute("hidden", !hidden);
    const [left, top] = [Math.max(0, -view.x / view.k), Math.max(0, -view.y / view.k)];
    this.frameShape.setAttribute("x", left);
    this.frameShape.setAttribute("y", top);
    this.frameShape.setAttribute("width", Math.max(0, Math.min(this.plan.width, (width - view.x) / view.k) - left));
    this.frameShape.setAttribute("height", Math.max(0, Math.min(this.plan.height, (height - view.y) / view.k) - top));
  }

  drawOverview() {
    this.dots = new Map();
    this.overview.setAttribute("viewBox", `-20 -20 ${this.plan.width + 40} ${this.plan.height + 40}`);
    this.frameShape = svg("rect", { class: "frame", "vector-effect": "non-scaling-stroke" });
    const dots = [...this.plan.places.values()].map(({ id, x, y, width, height }) => {
      const dot = svg("rect", { x, y, width, height, rx: 10 });
      this.dots.set(id, dot);
      return dot;
    });
    this.overview.replaceChildren(...dots, this.frameShape);
  }

  // details of one state

  openDetails(id) {
    const node = this.nodes.get(id);
    if (!node) return;
    const starts = this.graph.starts.filter((start) => start.source === id);
    const ways = this.graph.edges.filter((edge) => edge.source === id);
    const notes = [id === this.graph.initial && "the first state", node.passes && "passed through at once", node.asks && `asks for the slot ${node.asks}`, node.choices.length && `choices: ${node.choices.join(", ")}`, ...node.does, ...starts.map((start) => `starts the flow ${start.flow}${start.returns ? " and waits for it" : ""}`), !node.defined && "defined nowhere, so the session ends here", node.final && node.defined && "an end"].filter(Boolean);
    const close = el("button", { type: "button", class: "tool", "aria-label": "Close", onclick: () => { this.closeDetails(); this.shapes.get(id)?.focus(); } }, "✕");
    this.details.replaceChildren(
      el("header", {}, el("h3", { dir: "auto" }, id), close),
      node.text ? el("p", { class: "says", dir: "auto" }, node.text) : "",
      notes.length ? el("p", { class: "hint" }, [...new Set(notes)].join(" · ")) : "",
      ways.length ? el("ol", {}, ways.map((edge) => el("li", {}, el("span", { dir: "auto" }, edge.label || "always"), el("button", { type: "button", class: "chip-button", onclick: () => this.select(edge.target) }, `→ ${edge.target}`)))) : "");
    this.details.hidden = false;
  }

  closeDetails() {
    this.details.hidden = true;
  }

  select(id) {
    this.centre(id);
    this.openDetails(id);
  }

  // hands on it

  listen() {
    const pointers = new Map();
    let travelled = 0;
    const point = (event) => {
      const box = this.canvas.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    this.canvas.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      if (!pointers.size) travelled = 0;
      pointers.set(event.pointerId, point(event));
    });
    this.canvas.addEventListener("pointermove", (event) => {
      const before = pointers.get(event.pointerId);
      if (!before) return;
      const now = point(event);
      const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
      travelled += Math.hypot(now.x - before.x, now.y - before.y);
      if (travelled > 4 && !this.canvas.hasPointerCapture(event.pointerId)) this.canvas.setPointerCapture(event.pointerId);
      if (other) {
        const spread = Math.hypot(before.x - other.x, before.y - other.y) || 1;
        this.zoom(Math.hypot(now.x - other.x, now.y - other.y) / spread, other.x, other.y);
      } else if (travelled > 4) this.pan(now.x - before.x, now.y - before.y);
      pointers.set(event.pointerId, now);
    });
    for (const end of ["pointerup", "pointercancel"]) this.canvas.addEventListener(end, (event) => pointers.delete(event.pointerId));
    this.canvas.addEventListener("click", (event) => {
      if (travelled > 4) return;
      const shape = event.target.closest?.("[data-state], .tag[data-target]");
      if (shape?.dataset.target) this.select(shape.dataset.target);
      else if (shape) this.openDetails(shape.dataset.state);
      else this.closeDetails();
    });
    // Where a tag leads is lit, for no line is drawn to it.
    for (const [type, on] of [["pointerover", true], ["pointerout", false]]) {
      this.canvas.addEventListener(type, (event) => this.shapes?.get(event.target.closest?.(".tag[data-target]")?.dataset.target)?.classList.toggle("lit", on));
    }
    this.canvas.addEventListener("wheel", (event) => {
      if (!this.graph) return;
      event.preventDefault();
      const { x, y } = point(event);
      this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), x, y);
    }, { passive: false });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.overview.addEventListener("pointerdown", (event) => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.overview.getScreenCTM().inverse());
      const { width, height } = this.size();
      this.touched = true;
      this.go({ ...this.view, x: width / 2 - at.x * this.view.k, y: height / 2 - at.y * this.view.k }, true);
    });
    byId("zoom-in").addEventListener("click", () => this.zoom(1.25));
    byId("zoom-out").addEventListener("click", () => this.zoom(0.8));
    byId("zoom-fit").addEventListener("click", () => this.graph && this.fit());
    byId("zoom-state").addEventListener("click", () => { this.touched = false; if (this.graph) this.centre(this.shapes.has(this.mark.state) ? this.mark.state : this.graph.initial); });
    new ResizeObserver(() => { if (this.graph && this.canvas.clientWidth) this.home(false); }).observe(this.canvas);
  }

  key(event) {
    if (!this.graph || event.ctrlKey || event.metaKey || event.altKey) return;
    const id = event.target.dataset?.state;
    const act = {
      "+": () => this.zoom(1.25), "=": () => this.zoom(1.25), "-": () => this.zoom(0.8),
      0: () => this.fit(), c: () => byId("zoom-state").click(), Escape: () => this.closeDetails(),
      ArrowLeft: () => (id ? this.step(id, "left") : this.pan(60, 0)), ArrowRight: () => (id ? this.step(id, "right") : this.pan(-60, 0)),
      ArrowUp: () => (id ? this.step(id, "up") : this.pan(0, 60)), ArrowDown: () => (id ? this.step(id, "down") : this.pan(0, -60)),
      Enter: () => id && this.openDetails(id), " ": () => id && this.openDetails(id),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** From a state to the one before it, the one behind it, or the next one in its column. */
  step(id, where) {
    const { places } = this.plan;
    const item = places.get(id);
    const column = [...places.values()].filter((other) => other.x === item.x).sort((a, b) => a.y - b.y);
    const at = column.indexOf(item);
    const beside = (from, to, side) => this.graph.edges.filter((edge) => edge[from] === id).map((edge) => places.get(edge[to])).find((other) => other && (other.x - item.x) * side > 0);
    const next = {
      left: beside("target", "source", -1), right: beside("source", "target", 1),
      up: column[at - 1], down: column[at + 1],
    }[where];
    if (!next) return;
    this.shapes.get(id).setAttribute("tabindex", "-1");
    this.shapes.get(next.id).setAttribute("tabindex", "0");
    this.shapes.get(next.id).focus({ preventScroll: true });
    this.centre(next.id);
  }
}
