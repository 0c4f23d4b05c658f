// The page: keeps the stream of snapshots, sends what is typed, and hands each part what it shows.
import { Chat } from "./chat.js";
import { byId, el, remember, remembered, whenChanged } from "./dom.js";
import { showContact, showParse, showSession, showTimers } from "./insight.js";
import { drawLog } from "./log.js";
import { Picture } from "./picture.js";

const NUMBER = /^\+[1-9][0-9]{5,14}$/;
const RETRY = 3000;
const RECOUNT = 15000;
const SKINS = { sms: "Text message", whatsapp: "WhatsApp" };
const query = new URLSearchParams(location.search);

const random = (count) => Array.from(crypto.getRandomValues(new Uint8Array(count)));
const newId = () => random(16).map((byte) => byte.toString(16).padStart(2, "0")).join("");
const newNumber = () => `+1555${random(7).map((byte) => byte % 10).join("")}`;
const address = (path, values = {}) => {
  const all = new URLSearchParams(values);
  if (query.has("token")) all.set("token", query.get("token"));
  return all.size ? `${path}?${all}` : path;
};

const me = {
  channel: query.get("channel") || remembered("channel") || "sms",
  number: query.get("number") || remembered("number") || newNumber(),
};
if (!(me.channel in SKINS)) me.channel = "sms";
if (!NUMBER.test(me.number)) me.number = newNumber();

let flows = [];
let now = null; // the last snapshot
let chosen = null; // the flow that somebody asked to see; null follows the session
const asked = new Set();
let wanted = null; // the flow whose picture is to be seen, and the one that is under way
let fetching = null;
let unsaved = [];
let stream = null;
let retry = null;

const picture = new Picture();
const chat = new Chat({ send: (text, payload) => send(text, payload), again: (message) => post(message) });

// The stream

function connect() {
  stream?.close();
  clearTimeout(retry);
  live("connecting", "Connecting…");
  const source = new EventSource(address("/phone/stream", me));
  stream = source;
  source.addEventListener("open", () => live("on", "Live"));
  source.addEventListener("snapshot", (event) => { live("on", "Live"); take(JSON.parse(event.data)); });
  source.addEventListener("trouble", (event) => live("off", JSON.parse(event.data).reason));
  source.addEventListener("error", () => {
    live("off", "Not connected; trying again");
    if (source.readyState === EventSource.CLOSED && stream === source) retry = setTimeout(connect, RETRY);
  });
}

function live(state, words) {
  const root = byId("live");
  if (root.dataset.live === state && byId("live-text").textContent === words) return;
  root.dataset.live = state;
  byId("live-text").textContent = words;
}

function take(snapshot) {
  now = snapshot;
  const known = new Set(snapshot.messages.map((message) => message.provider_id));
  unsaved = unsaved.filter((message) => !known.has(message.provider_id));
  const { session } = snapshot;
  if (session && !flows.some((flow) => flow.name === session.flow && flow.graph.version === session.version)) loadFlowsFor(`${session.flow}@${session.version}`);
  show();
}

// What is shown

function show() {
  chat.show(now?.messages ?? [], unsaved, suggestions());
  const waits = chat.root.contains(chat.writing);
  byId("bot-line").textContent = waits ? "typing…" : SKINS[me.channel];
  notice(now?.contact?.opted_out ? "You have opted out. Write START to hear from the bot again." : now?.conversation?.status === "human" ? "A person has taken over; the bot is silent." : "");
  showParse(now?.parse ?? null);
  showSession(now?.session ?? null);
  showContact(now?.contact ?? null, now?.conversation ?? null);
  showTimers(now?.session?.timers ?? null);
  showLog(now?.log ?? []);
  showFlow();
}

const showLog = whenChanged((log) => drawLog(byId("log"), log));
const notice = whenChanged((text) => {
  byId("notice").textContent = text;
  byId("notice").hidden = !text;
});

function suggestions() {
  const keywords = flows.flatMap((flow) => flow.keywords.slice(0, 2));
  return [...new Set(["Hi", ...keywords])].slice(0, 6);
}

function showFlow() {
  const { session = null } = now ?? {};
  const name = chosen ?? session?.flow ?? remembered("flow");
  const flow = flows.find((it) => it.name === name) ?? (chosen || !session ? flows[0] : undefined);
  const ours = Boolean(session && flow && flow.name === session.flow);
  byId("follow").hidden = !(session && chosen && chosen !== session.flow);
  blank(!flow && session ? `The session runs “${session.flow}”, which is not among this project’s flows.` : flow ? "" : "There are no flows yet: put a JSON file into flows/.");
  where(session, ours, flow);
  if (!flow) return;
  byId("flow").value = flow.name;
  byId("bot-name").textContent = session?.flow ? flows.find((it) => it.name === session.flow)?.title ?? session.flow : "Parley";
  byId("canvas").setAttribute("aria-label", `State machine of ${flow.title}. Arrow keys move, plus and minus zoom, 0 shows all.`);
  drawFlow(flow);
  if (picture.graph?.flow !== flow.name) return;
  picture.remark(ours ? { state: session.state, over: session.status === "ended", ...travelled(session) } : { state: null, over: false, visited: new Set(), taken: new Set() });
}

/** Fetches the picture of a flow that is not shown yet; `again` for the newest counts. */
async function drawFlow(flow, again = false) {
  wanted = flow;
  if (fetching === flow || (!again && picture.shows(flow.graph))) return;
  fetching = flow;
  try {
    const answer = await fetch(address(`/phone/flows/${encodeURIComponent(flow.name)}/picture.svg`));
    if (!answer.ok || wanted !== flow) return;
    const fresh = !picture.shows(flow.graph);
    const version = picture.show(flow.graph, await answer.text());
    if (version !== flow.graph.version) loadFlowsFor(`${flow.name}@${version}`);
    if (fresh) showFlow();
  } catch {
    // The stream says that there is no connection.
  } finally {
    if (fetching === flow) fetching = null;
  }
}
setInterval(() => { if (wanted && !document.hidden && picture.shows(wanted.graph)) drawFlow(wanted, true); }, RECOUNT);

const blank = whenChanged((text) => {
  byId("flow-blank").textContent = text;
  byId("flow-blank").hidden = !text;
  byId("canvas").toggleAttribute("hidden", Boolean(text));
  if (text) byId("overview").toggleAttribute("hidden", true);
});

function where(session, ours, flow) {
  const old = ours && flow.graph.version !== session.version;
  whereNow(!session ? "not started" : !ours ? "" : session.status === "ended" ? `ended in ${session.state}` : `now in ${session.state}`, old);
}
const whereNow = whenChanged((text, old) => byId("where").replaceChildren(text, ...(old ? [" ", el("span", { class: "pill time", title: "The session keeps the version it began with; the picture shows the newest." }, "older version")] : [])));

/** States and ways of this session that the log still knows. */
function travelled(session) {
  const visited = new Set();
  const taken = new Set();
  for (const event of now.log) {
    if (event.type !== "state_entered" || event.session_id !== session.id) continue;
    const { state, left } = event.data;
    if (left) visited.add(left);
    visited.add(state);
    taken.add(`${left}\n${state}`);
  }
  return { visited, taken };
}

// Flows

/** Once for each version: a session may run one that is no longer among them. */
function loadFlowsFor(version) {
  if (asked.has(version)) return;
  asked.add(version);
  loadFlows();
}

async function loadFlows() {
  try {
    const answer = await fetch(address("/phone/flows"));
    if (!answer.ok) return;
    flows = await answer.json();
  } catch {
    return; // The stream says that there is no connection.
  }
  const select = byId("flow");
  select.replaceChildren(...flows.map((flow) => el("option", { value: flow.name }, flow.title === flow.name ? flow.name : `${flow.title} (${flow.name})`)));
  select.hidden = !flows.length;
  show();
}

byId("flow").addEventListener("change", (event) => {
  chosen = event.target.value === now?.session?.flow ? null : event.target.value;
  remember("flow", event.target.value);
  showFlow();
});
byId("follow").addEventListener("click", () => { chosen = null; showFlow(); });

// Writing

function send(text, payload = null) {
  const message = { direction: "in", id: newId(), text, payload, status: "saving", at: Date.now() / 1000, phone: { ...me } };
  message.provider_id = message.id;
  post(message);
}

async function post(message) {
  message.status = "saving";
  message.at = Date.now() / 1000;
  unsaved = [...unsaved.filter((it) => it !== message), message];
  show();
  const problem = await posted(message);
  if (problem && unsaved.includes(message)) {
    message.status = "lost";
    message.error = problem;
    show();
  }
}

async function posted({ phone, text, payload, id }) {
  const body = { ...phone, text, message_id: id, ...(payload === null ? {} : { payload }) };
  try {
    const answer = await fetch(address("/webhooks/web/webhook"), { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    if (answer.ok) return null;
    const told = await answer.json().catch(() => ({}));
    return told.errors?.[0]?.detail || told.detail || `The server answered ${answer.status}.`;
  } catch {
    return "The server cannot be reached.";
  }
}

const text = byId("text");
const fitText = () => {
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight, 120)}px`;
};
byId("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!text.value.trim()) return;
  send(text.value);
  text.value = "";
  fitText();
  text.focus();
});
text.addEventListener("input", fitText);
text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  byId("composer").requestSubmit();
});

// Who is writing

function become(change) {
  Object.assign(me, change);
  remember("channel", me.channel);
  remember("number", me.number);
  now = null;
  unsaved = [];
  chosen = null;
  chat.clear();
  dress();
  show();
  connect();
}

function dress() {
  byId("phone").dataset.skin = me.channel;
  byId("bot-line").textContent = SKINS[me.channel];
  text.placeholder = me.channel === "sms" ? "Text message" : "Message";
  byId("number").value = me.number;
  problem("");
  for (const radio of byId("identity").elements.channel) radio.checked = radio.value === me.channel;
}

function problem(words) {
  byId("number-problem").textContent = words;
  byId("number-problem").hidden = !words;
  byId("number").setAttribute("aria-invalid", String(Boolean(words)));
}

function numberGiven() {
  const number = byId("number").value.replace(/[\s().-]/g, "");
  if (!NUMBER.test(number)) problem("With + and country code, 6 to 15 digits: +15550001");
  else if (number !== me.number) become({ number });
  else dress();
}

byId("identity").addEventListener("submit", (event) => { event.preventDefault(); numberGiven(); });
byId("number").addEventListener("change", numberGiven);
byId("new-number").addEventListener("click", () => { become({ number: newNumber() }); text.focus(); });
for (const radio of byId("identity").elements.channel) radio.addEventListener("change", () => become({ channel: radio.value }));

// Views and colours

const tabs = [...byId("tabs").querySelectorAll("button")];
function view(name) {
  document.body.dataset.view = name;
  for (const tab of tabs) {
    if (tab.dataset.view === name) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  }
}
for (const tab of tabs) tab.addEventListener("click", () => view(tab.dataset.view));

const THEMES = { "": "as the system", light: "light", dark: "dark" };
function theme(name) {
  if (name) document.documentElement.dataset.theme = name;
  else delete document.documentElement.dataset.theme;
  const words = `Colours: ${THEMES[name]}`;
  byId("theme").title = words;
  byId("theme").setAttribute("aria-label", words);
}
byId("theme").addEventListener("click", () => {
  const names = Object.keys(THEMES);
  const next = names[(names.indexOf(document.documentElement.dataset.theme ?? "") + 1) % names.length];
  theme(next);
  remember("theme", next);
});

theme(document.documentElement.dataset.theme ?? "");
remember("number", me.number);
dress();
show();
loadFlows();
connect();
if (matchMedia("(hover: hover)").matches) text.focus();
addEventListener("pagehide", () => stream?.close());
addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
