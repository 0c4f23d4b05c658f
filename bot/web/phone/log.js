// The log in plain words, one block for each turn.
import { el, icon, shown, time } from "./dom.js";

const quoted = (text) => `“${text ?? ""}”`;
const because = (reason) => (reason ? `: ${reason}` : "");
const percent = (confidence) => (Number.isFinite(confidence) ? ` (${Math.round(confidence * 100)} %)` : "");

const FALLBACK = "nlu_fallback";

/** Event type: [icon, tone, data => words]. */
const KINDS = {
  message_received: ["in", "me", (d) => read(d.parse?.intent)],
  flow_started: ["start", "good", (d, e) => ["The flow ", strong(d.flow || d.name || e.flow), " started"]],
  state_entered: ["state", "state", (d) => [d.left && d.left !== d.state ? `${d.left} → ` : "Now in ", strong(d.state)]],
  slot_set: ["slot", "", (d) => [strong(d.name), ` is now ${shown(d.value)}`]],
  tag_added: ["tag", "good", (d) => ["Tagged ", strong(d.tag)]],
  tag_removed: ["tag", "", (d) => ["Tag ", strong(d.tag), " taken off"]],
  note_added: ["log", "", (d) => [`Note${because(d.text)}`]],
  action_ran: ["action", "", (d) => ["Ran ", strong(d.name)]],
  action_failed: ["warn", "bad", (d) => [strong(d.name), ` failed${because(d.reason)}`]],
  timer_scheduled: ["clock", "time", (d) => [...timer(d), d.due_at ? ` is due at ${time(d.due_at, true)}` : " is set"]],
  timer_cancelled: ["clock", "", (d) => [...timer(d), " is cancelled"]],
  timer_fired: ["clock", "time", (d) => [...timer(d), " has come"]],
  timer_ignored: ["clock", "", () => ["A timer came too late and was ignored"]],
  message_queued: ["out", "bot", (d) => [`Answers ${quoted(d.text)}`]],
  message_sent: ["check", "", () => ["Message sent"]],
  message_accepted: ["check", "", () => ["Message taken by the provider"]],
  message_delivered: ["checks", "good", () => ["Message delivered"]],
  message_read: ["checks", "good", () => ["Message read"]],
  message_undelivered: ["warn", "bad", (d) => [`Message not delivered${because(d.reason || d.error)}`]],
  message_failed: ["warn", "bad", (d) => [`Message failed${because(d.reason || d.error)}`]],
  message_unknown: ["ask", "bad", () => ["It is not known whether the message was sent"]],
  message_stopped: ["stop", "bad", (d) => [`Message stopped${because(d.reason)}`]],
  session_ended: ["end", "", (d) => [`The session ended${because(d.reason)}`]],
  contact_opted_out: ["stop", "bad", () => ["Opted out: nothing more is sent"]],
  contact_opted_in: ["check", "good", () => ["Opted in again"]],
  reply_not_understood: ["ask", "bad", (d) => ["No way leads on from ", strong(d.state || "here"), " for this reply"]],
  answer_refused: ["ask", "bad", (d) => [`The answer was not accepted${d.attempt ? ` (attempt ${d.attempt})` : ""}`]],
  nobody_answered: ["ask", "bad", () => ["No flow took this message"]],
  handed_over: ["person", "time", (d) => [`A person takes over${because(d.reason)}`]],
  email_sent: ["mail", "", (d) => [`E-mail sent${d.to ? ` to ${d.to}` : ""}`]],
  email_skipped: ["mail", "bad", (d) => [`E-mail not sent${because(d.reason)}`]],
  session_suspended: ["clock", "", (d) => ["Set aside", d.by ? " for the flow " : "", d.by ? strong(d.by) : ""]],
  session_resumed: ["start", "good", (d, e) => ["The flow ", strong(e.flow), " goes on"]],
  flow_not_started: ["warn", "bad", (d) => ["The flow ", strong(d.flow), ` could not start${because(d.reason)}`]],
  condition_failed: ["warn", "bad", (d) => ["The condition ", strong(d.name), ` failed${because(d.reason)}`]],
  response_unknown: ["warn", "bad", (d) => ["There is no response ", strong(d.response)]],
  template_failed: ["warn", "bad", (d) => [`A text could not be filled in${because(d.reason)}`]],
  slot_refused: ["warn", "bad", (d) => ["The slot ", strong(d.slot), " was not set"]],
  message_empty: ["warn", "bad", () => ["A message without any text was left out"]],
  message_ignored: ["stop", "", (d) => [`Not answered${because((d.reason || "").replaceAll("_", " "))}`]],
  left_to_human: ["person", "time", () => ["Left to the person who has taken over"]],
  handed_back: ["person", "good", () => ["The bot answers again"]],
  help_asked: ["ask", "", () => ["Asked for help"]],
  timer_unanswered: ["clock", "", (d) => [...timer(d), " came, but nothing waits for it"]],
  limit_reached: ["warn", "bad", (d) => [`A limit ended the turn: ${d.limit} (${d.value})`]],
};

/** A timer's name is what it is about; of a waiting step it is the place of its list. */
function timer({ name }) {
  if (name === "timeout") return ["The end of the silence"];
  return name?.startsWith("/") ? ["The next step"] : ["Timer ", strong(name)];
}

function read(intent) {
  if (!intent?.name) return ["A message came in"];
  return intent.name === FALLBACK ? ["The message has no intent that is sure enough"] : ["Read as ", strong(intent.name), percent(intent.confidence)];
}

function strong(text) {
  return el("b", { dir: "auto" }, String(text ?? ""));
}

/** Newest turn first; inside a turn in the order of what happened. */
export function turns(log) {
  const groups = new Map();
  const turnOf = new Map(); // of a message that a turn queued: its delivery belongs there too
  for (const event of [...log].reverse()) {
    const message = event.data?.message_id;
    const key = (message && event.type !== "message_queued" && turnOf.get(message)) || event.causation_id || event.id;
    if (event.type === "message_queued" && message) turnOf.set(message, key);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(event);
  }
  return [...groups.entries()].map(([id, events]) => ({ id, events })).reverse();
}

export function drawLog(root, log) {
  if (!log.length) {
    root.replaceChildren(el("p", { class: "hint" }, "Each turn is told here step by step."));
    return;
  }
  root.replaceChildren(...turns(log).map(({ events }, index) => {
    const heard = events.find((event) => event.type === "message_received");
    const title = heard ? quoted(heard.data?.text) : events[0].type.startsWith("timer") ? "A timer" : "Meanwhile";
    return el("section", { class: `turn${index ? "" : " newest"}` },
      el("h3", {}, el("span", { dir: "auto" }, title), el("time", { datetime: new Date(events[0].at * 1000).toISOString() }, time(events[0].at, true))),
      el("ol", {}, events.map(line)));
  }));
}

function line(event) {
  const data = event.data || {};
  const [name, tone, words] = KINDS[event.type] || ["dot", "", unknown];
  return el("li", { class: tone ? `tone-${tone}` : undefined, title: event.type }, icon(name), el("span", { dir: "auto" }, words(data, event)));
}

function unknown(data, event) {
  const told = Object.entries(data).map(([key, value]) => `${key} ${shown(value)}`).join(", ");
  const type = event.type.replaceAll("_", " ");
  return [`${type.charAt(0).toUpperCase()}${type.slice(1)}${told ? `: ${told}` : ""}`];
}
