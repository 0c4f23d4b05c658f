// The phone's screen: bubbles, delivery ticks, buttons to tap, and the dots of who is writing.
import { byId, el, icon, time } from "./dom.js";

const STILL_WRITING = 30; // seconds without an answer after which the dots are a lie
const UNSENT = new Set(["queued", "sending", "unknown"]);
const LOST = new Set(["stopped", "failed", "undelivered"]);
const STATUS = {
  queued: ["clock", "waiting to be sent"], sending: ["clock", "being sent"],
  unknown: ["ask", "it is not known whether it was sent"], accepted: ["check", "taken by the provider"],
  sent: ["check", "sent"], delivered: ["checks", "delivered"], read: ["checks", "read"],
  pending: ["check", "taken; the bot has not read it yet"], handled: ["checks", "read by the bot"],
  unroutable: ["warn", "not understood as a message"],
};

export class Chat {
  /** `send(text, payload)` is called with what is tapped; `again(message)` retries a lost one. */
  constructor({ send, again }) {
    this.root = byId("chat");
    this.send = send;
    this.again = again;
    this.shown = new Map();
    this.writing = el("div", { class: "row bot writing" }, el("div", { class: "bubble", role: "img", "aria-label": "The bot is writing" }, el("i"), el("i"), el("i")));
    this.tick = null;
    this.low = true; // whether the newest message is in sight, and is to stay so
    this.root.addEventListener("scroll", () => { if (this.root.clientHeight) this.low = this.root.scrollHeight - this.root.scrollTop - this.root.clientHeight < 80; });
    new ResizeObserver(() => this.low && this.down()).observe(this.root);
  }

  down() {
    this.root.scrollTop = this.root.scrollHeight;
  }

  clear() {
    this.shown.clear();
    this.root.replaceChildren();
  }

  /** `messages` of the store, `unsaved` ones of this page that the store does not show yet. */
  show(messages, unsaved, suggestions) {
    const all = [...messages, ...unsaved];
    const { low } = this;
    const lastOut = all.findLastIndex((message) => message.direction === "in");
    const keep = new Set();
    let before = null;
    all.forEach((message, index) => {
      const key = message.direction === "in" ? `in:${message.provider_id || message.id}` : message.id;
      keep.add(key);
      const next = all[index + 1];
      const look = JSON.stringify([message.text, message.status, message.error, message.due_at, index > lastOut, next?.direction === message.direction]);
      let entry = this.shown.get(key);
      if (!entry) this.shown.set(key, (entry = { row: el("div"), look: null }));
      if (entry.look !== look) {
        this.draw(entry.row, message, index > lastOut, next?.direction !== message.direction);
        entry.look = look;
      }
      const follower = before ? before.nextSibling : this.root.firstChild;
      if (follower !== entry.row) this.root.insertBefore(entry.row, follower);
      before = entry.row;
    });
    for (const [key, { row }] of this.shown) if (!keep.has(key)) { row.remove(); this.shown.delete(key); }
    this.welcome(all.length ? null : suggestions);
    this.dots(all);
    if (low || unsaved.length) this.down();
  }

  draw(row, message, fresh, tail) {
    const mine = message.direction === "in";
    const lost = LOST.has(message.status);
    row.className = `row ${mine ? "me" : "bot"}${tail ? " tail" : ""}${lost ? " lost" : ""}${fresh ? " fresh" : ""}`;
    const bubble = el("div", { class: "bubble" }, el("span", { class: "hidden" }, mine ? "You: " : "Bot: "));
    for (const media of message.media || []) bubble.append(this.media(media));
    if (message.text) bubble.append(el("p", { dir: "auto" }, message.text));
    else if (!message.media?.length && !message.buttons?.length) bubble.append(el("p", { class: "empty" }, "(no text)"));
    bubble.append(this.meta(message));
    row.replaceChildren(bubble);
    if (message.buttons?.length) row.append(el("div", { class: "choices", role: "group", "aria-label": "Answers to choose from" }, message.buttons.map((button) => this.choice(button))));
    if (lost) row.append(el("p", { class: "why" }, icon("stop"), el("span", {}, `Not delivered: ${message.error || message.status}`)));
    if (message.status === "lost") row.append(el("p", { class: "why" }, icon("warn"), el("span", {}, message.error), el("button", { type: "button", class: "chip-button", onclick: () => this.again(message) }, "Try again")));
    else if (message.status === "queued" && message.due_at > Date.now() / 1000 + 5) row.append(el("p", { class: "why" }, icon("clock"), el("span", {}, `Waits until ${time(message.due_at)}${message.error ? `: ${message.error}` : ""}`)));
  }

  meta(message) {
    const meta = el("span", { class: "meta" }, el("time", { datetime: new Date(message.at * 1000).toISOString() }, time(message.at)));
    const [name, words] = STATUS[message.status] || ["clock", message.status];
    if (message.status !== "lost" && !LOST.has(message.status)) {
      const ticks = icon(name, words);
      if (message.status === "read" || message.status === "handled") ticks.classList.add("read");
      meta.append(ticks);
    }
    return meta;
  }

  choice({ title, payload }) {
    return el("button", { type: "button", class: "choice", dir: "auto", title: payload ? `sends ${payload}` : undefined, onclick: () => this.send(title, payload || null) }, title);
  }

  media({ url, content_type: type }) {
    const inside = url.startsWith("/") && !url.startsWith("//");
    if (inside && /^image\//.test(type)) return el("img", { class: "media", src: url, alt: "Picture" });
    const name = url.split(/[?#]/)[0].split("/").pop() || url;
    if (!inside && !/^https?:\/\//i.test(url)) return el("span", { class: "file" }, icon("clip"), name);
    return el("a", { class: "file", href: url, target: "_blank", rel: "noopener noreferrer" }, icon("clip"), name);
  }

  welcome(suggestions) {
    this.hello?.remove();
    this.hello = null;
    if (!suggestions) return;
    this.hello = el("div", { class: "welcome" },
      el("p", {}, el("strong", {}, "Say something to begin")),
      el("p", {}, "This page plays the phone: no message goes to a provider."),
      el("div", { class: "choices", role: "group", "aria-label": "Ways to begin" }, suggestions.map((word) => this.choice({ title: word }))));
    this.root.append(this.hello);
  }

  /** Dots while an answer is on its way: its message is unread, or its reply not sent yet. */
  dots(all) {
    clearTimeout(this.tick);
    const now = Date.now() / 1000;
    const at = all.findLast((message) => message.direction === "in")?.at ?? 0;
    const waits = all.some((message) => message.direction === "in"
      ? message.status === "saving" || message.status === "pending"
      : UNSENT.has(message.status) && !(message.due_at > now + 5));
    const busy = waits && now - at < STILL_WRITING;
    if (busy) {
      this.root.append(this.writing);
      this.tick = setTimeout(() => this.writing.remove(), (at + STILL_WRITING - now) * 1000);
    } else this.writing.remove();
    return busy;
  }
}
