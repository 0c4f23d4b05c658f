// The panels: what was understood, the session with its slots, timers, and the contact.
import { byId, el, icon, shown, until, whenChanged } from "./dom.js";

const RANKED = 5;
const STATUS = {
  active: ["good", "waits for a reply"], suspended: ["time", "set aside by another flow"],
  dormant: ["time", "at its end; timers are pending"], ended: ["", "ended"],
};
const TIMERS = { timeout: "Silence", wait: "Next step" };
const hint = (text) => el("p", { class: "hint" }, text);

export const showParse = whenChanged((parse) => {
  const root = byId("parse");
  if (!parse) return root.replaceChildren(hint("The last message’s intent and entities appear here."));
  const ranking = parse.ranking.length ? parse.ranking : parse.intent ? [parse.intent] : [];
  const bars = ranking.slice(0, RANKED);
  if (parse.intent && !bars.some((it) => it.name === parse.intent.name)) bars.unshift(parse.intent);
  root.replaceChildren(
    el("blockquote", { dir: "auto" }, marked(parse.text, parse.entities)),
    bars.length ? el("ul", { class: "bars" }, bars.map((it) => bar(it, it.name === parse.intent?.name))) : hint("No intent."),
    parse.asked.length ? el("p", { class: "hint" }, "As an answer to what was asked") : "",
    parse.asked.length ? el("ul", { class: "bars" }, parse.asked.map((it) => bar(it, false))) : "",
    parse.entities.length ? el("ul", { class: "entities" }, parse.entities.map(entity)) : "");
  return undefined;
});

function bar({ name, confidence }, chosen) {
  const fill = el("span", { class: "bar-fill" });
  fill.style.width = `${Math.max(0, Math.min(1, confidence)) * 100}%`;
  const written = `${(confidence * 100).toFixed(confidence > 0.995 || confidence < 0.001 ? 0 : 1)} %`;
  return el("li", { class: chosen ? "chosen" : undefined },
    el("span", { class: "bar-name", title: name }, name, chosen ? el("span", { class: "hidden" }, " (taken)") : ""),
    el("span", { class: "bar", "aria-hidden": "true" }, fill), el("span", { class: "bar-value" }, written));
}

function entity(it) {
  return el("li", {}, el("span", { class: "entity-kind" }, it.entity || "entity"), el("b", { dir: "auto" }, shown(valueOf(it.value))),
    it.extractor ? el("span", { class: "entity-by" }, it.extractor) : "");
}

/** The value itself where it comes with its unit or grain. */
function valueOf(value) {
  if (value === null || typeof value !== "object" || !("value" in value)) return value;
  return value.unit ? `${value.value} ${value.unit}` : value.value;
}

/** The text with its entities marked; spans count code points, as Python does. */
function marked(text, entities) {
  const points = Array.from(text);
  const parts = [];
  let end = 0;
  for (const it of [...entities].sort((a, b) => a.start - b.start)) {
    if (!(it.start >= end && it.end > it.start && it.end <= points.length)) continue;
    parts.push(points.slice(end, it.start).join(""), el("mark", { title: it.entity }, points.slice(it.start, it.end).join("")));
    end = it.end;
  }
  return [...parts, points.slice(end).join("")];
}

let slotsBefore = { session: null, slots: {} };

export const showSession = whenChanged((session) => {
  const root = byId("session");
  if (!session) {
    slotsBefore = { session: null, slots: {} };
    return root.replaceChildren(hint("No flow is running."));
  }
  const [tone, words] = STATUS[session.status] || ["", session.status];
  const before = slotsBefore.session === session.id ? slotsBefore.slots : null;
  const slots = Object.entries(session.slots).filter(([, value]) => value !== null);
  root.replaceChildren(
    el("p", { class: "facts" }, el("b", {}, session.flow), icon("state"), el("b", { class: "state-name" }, session.state)),
    el("p", {}, el("span", { class: `pill ${tone}` }, session.status === "ended" && session.ended_because ? `ended: ${session.ended_because.replaceAll("_", " ")}` : words)),
    el("h3", {}, "Slots"),
    slots.length ? pairs(slots, (name, value) => before && shown(before[name]) !== shown(value)) : hint("None filled yet."));
  slotsBefore = { session: session.id, slots: session.slots };
  return undefined;
});

let fieldsBefore = null;

export const showContact = whenChanged((contact, conversation) => {
  const root = byId("contact");
  if (!contact) {
    fieldsBefore = null;
    return root.replaceChildren(hint("Nobody with this number has written yet."));
  }
  const fields = Object.entries({ ...contact.fields, language: contact.language ?? contact.fields.language, time_zone: contact.time_zone ?? contact.fields.time_zone }).filter(([, value]) => value !== null && value !== undefined);
  const before = fieldsBefore?.id === contact.id ? fieldsBefore.fields : null;
  root.replaceChildren(
    contact.opted_out || conversation?.status === "human" ? el("p", {},
      contact.opted_out ? el("span", { class: "pill bad" }, "opted out") : "",
      conversation?.status === "human" ? el("span", { class: "pill time" }, "a person answers") : "") : "",
    fields.length ? pairs(fields, (name, value) => before && shown(before[name]) !== shown(value)) : hint("No fields yet."),
    el("h3", {}, "Tags"),
    contact.tags.length ? el("ul", { class: "tags" }, contact.tags.map((tag) => el("li", { dir: "auto" }, icon("tag"), tag))) : hint("None."));
  fieldsBefore = { id: contact.id, fields: Object.fromEntries(fields) };
  return undefined;
});

function pairs(entries, changed) {
  return el("dl", { class: "pairs" }, entries.map(([name, value]) => el("div", { class: changed(name, value) ? "changed" : undefined },
    el("dt", { title: name }, name), el("dd", { dir: "auto" }, shown(value)))));
}

let counting = null;

export const showTimers = whenChanged((timers) => {
  clearInterval(counting);
  const root = byId("timers");
  if (!timers?.length) return root.replaceChildren(hint("Nothing is due later."));
  const lines = timers.map((timer) => {
    const left = el("span", { class: "left" });
    return { timer, left, line: el("li", {}, icon("clock"), el("span", {}, el("b", {}, TIMERS[timer.kind] ?? timer.name), timer.state ? ` in ${timer.state}` : ""), left) };
  });
  const count = () => lines.forEach(({ timer, left }) => { left.textContent = until(timer.due_at); });
  count();
  counting = setInterval(count, 1000);
  return root.replaceChildren(el("ul", { class: "timers" }, lines.map(({ line }) => line)));
});
