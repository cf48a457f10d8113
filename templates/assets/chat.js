// The chat's frame: what a visitor sees and does. It speaks to /chat/v1 on its own origin and to the
// site's page by postMessage only. The visitor's key is in an HttpOnly cookie; where the browser does
// not keep that, in this frame's storage. It never stands in an address.

const settings = JSON.parse(document.body.dataset.settings);
const words = settings.words;
const $ = (id) => document.getElementById(id);
const make = (tag, kind, text) => {
  const node = document.createElement(tag);
  if (kind) node.className = kind;
  if (text !== undefined) node.textContent = text;
  return node;
};
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat(document.documentElement.lang, { weekday: "long", day: "numeric", month: "long" });

// ---- The site's page around us -------------------------------------------------------------------

const host = { origin: null, url: "", narrow: false, name: "", email: "", token: "", signature: "" };
const alone = window.parent === window;

function tellHost(message) {
  if (host.origin) window.parent.postMessage({ casella: message }, host.origin);
}

addEventListener("message", (event) => {
  const message = event.data?.casella;
  if (!message || event.source !== window.parent || alone) return;
  if (message.is === "hello") {
    const above = location.ancestorOrigins?.[0];
    if (host.origin || (above && above !== event.origin)) return;
    host.origin = event.origin === "null" ? "*" : event.origin;
    Object.assign(host, { name: message.name, email: message.email, token: message.token, signature: message.signature });
    if (message.color) paint(message.color);
    if (visitor.known) identifyAsSiteSays();
  } else if (event.origin !== host.origin && host.origin !== "*") return;
  if (message.is === "hello" || message.is === "page") {
    host.narrow = Boolean(message.narrow);
    look(message.url);
    resize();
  } else if (message.is === "open") show(true);
  else if (message.is === "close") show(false);
  else if (message.is === "preview") preview(message);
});

function look(url) {
  if (typeof url !== "string" || url === host.url) return;
  host.url = url;
  tellPage();
}

function tellPage() {
  if (visitor.known && host.url && !document.hidden) post("page", { url: host.url }).catch(() => {});
}

function paint(color) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.fillStyle = "#3451e0";
  pen.fillStyle = color;
  const plain = String(pen.fillStyle);
  if (!/^#[0-9a-f]{6}$/.test(plain)) return;
  const [r, g, b] = [1, 3, 5]
    .map((at) => parseInt(plain.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  // White where it reads at least as well as black (WCAG 2.2, relative luminance).
  const light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  document.documentElement.style.setProperty("--brand", plain);
  document.documentElement.style.setProperty("--brand-ink", 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 ? "#fff" : "#10131a");
}

// ---- Asking Casella ------------------------------------------------------------------------------

const STORED = "casella-visitor";
const stored = (() => {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
})();
const visitor = { known: settings.known || Boolean(stored), key: settings.known ? null : stored, email: null, vouched: false };

class Refused extends Error {
  constructor(status, body, wait) {
    super(body?.reason || String(status));
    Object.assign(this, { status, remedy: body?.remedy, wait });
  }
}

async function ask(path, options = {}) {
  const headers = { ...options.headers };
  if (visitor.key) headers.Authorization = "Bearer " + visitor.key;
  const answer = await fetch("/chat/v1/" + path, { cache: "no-store", credentials: "same-origin", ...options, headers });
  if (answer.ok) return answer;
  const body = await answer.json().catch(() => null);
  throw new Refused(answer.status, body, Number(answer.headers.get("Retry-After")) || 0);
}

async function post(path, value) {
  // `keepalive`: what is on its way when the visitor follows a link still arrives.
  const answer = await ask(path, { method: "POST", keepalive: true, headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) });
  return answer.status === 204 ? null : answer.json();
}

/// A visitor is made with the first line only: before that, no cookie.
async function come() {
  await locked("casella-come", async () => {
    if (visitor.known) return;
    const { key } = await post("visitors", { name: host.name, page: host.url });
    // A browser that drops cookies in frames shows it by not knowing us now.
    await ask("history").catch((refused) => {
      if (refused.status !== 401) throw refused;
      visitor.key = key;
      try {
        localStorage.setItem(STORED, key);
      } catch {
        // Then the key lives as long as this page.
      }
    });
    visitor.known = true;
    tabs?.postMessage({ is: "come", key: visitor.key });
  });
  await identifyAsSiteSays();
  listen();
}

async function identifyAsSiteSays() {
  const { email, name, token, signature } = host;
  if (!token && !email) return;
  if (!token && !signature && visitor.email) return;
  try {
    await identify(token ? { token } : { email, name, ...(signature && { signature }) });
  } catch (refused) {
    if (refused.status !== 409) return;
    // Another person logged in on this device: they start with a history of their own.
    forget();
    if (lines.size) location.reload();
  }
}

async function identify(who) {
  const now = await post("identify", who);
  const before = visitor.vouched;
  visitor.email = now.email;
  visitor.vouched = now.vouched;
  arrange();
  // The site's word opens more of the history.
  if (now.vouched && !before) await load();
}

function forget() {
  visitor.known = false;
  visitor.key = null;
  visitor.email = null;
  try {
    localStorage.removeItem(STORED);
  } catch {
    // Nothing was kept.
  }
}

const locked = (name, work, options = {}) => (navigator.locks ? navigator.locks.request(name, options, work) : work());

// ---- Lines ---------------------------------------------------------------------------------------

const lines = new Map(); // by id: what Casella knows
const outgoing = []; // what it does not know yet, in order
let last = 0;
let earlier = false; // there are lines before the first of `lines`
let seen = 0;
let read = false;
let online = settings.online;

async function load(before = 0) {
  const history = await (await ask(before ? "history?before=" + before : "history")).json();
  if (before || !lines.size) earlier = history.earlier;
  visitor.email = history.email;
  visitor.vouched = history.vouched;
  online = history.agent_online;
  read = history.read;
  for (const line of history.messages) keep(line);
  seen = Math.max(seen, ...history.messages.filter((line) => line.seen).map((line) => line.id));
  draw();
}

/// Takes a line in; false if it was there.
function keep(line) {
  const at = outgoing.findIndex((own) => own.client_id === line.client_id);
  if (at >= 0 && line.from === "visitor") {
    outgoing.splice(at, 1);
    remember();
  }
  const fresh = !lines.has(line.id);
  lines.set(line.id, line);
  last = Math.max(last, line.id);
  return fresh;
}

function arrived(line) {
  const fresh = keep(line);
  if (line.from === "agent") typing(false);
  else read = false;
  draw(fresh ? line.id : 0);
  if (fresh && line.from === "agent" && line.id > seen && !looking()) {
    if (panel.hidden) tease(line.text);
    ring();
  }
}

const looking = () => !panel.hidden && !document.hidden;
const unread = () => [...lines.values()].filter((line) => line.from === "agent" && line.id > seen).length;

function markSeen() {
  const newest = Math.max(0, ...[...lines.values()].filter((line) => line.from === "agent").map((line) => line.id));
  if (newest <= seen) return;
  seen = newest;
  post("seen", { id: newest }).catch(() => {});
  tabs?.postMessage({ is: "seen", id: newest });
}

// ---- Sending -------------------------------------------------------------------------------------

let sending = false;

function say(text, files = []) {
  outgoing.push({ client_id: crypto.randomUUID?.() ?? String(Math.random()).slice(2) + Date.now(), text, files, at: new Date(), state: "waiting" });
  remember();
  draw();
  work();
}

/// What was not sent yet, and what was not finished, is there again on the shop's next page. A line
/// keeps its id, so that sending it again makes no second one. (Files cannot be kept.)
function remember() {
  const kept = outgoing.filter((line) => !line.files.length).map(({ client_id, text, at }) => ({ client_id, text, at }));
  try {
    sessionStorage.setItem("unsent", JSON.stringify({ kept, draft: text.value }));
  } catch {
    // Then it lives as long as this page.
  }
}

function recall() {
  try {
    const { kept, draft } = JSON.parse(sessionStorage.getItem("unsent")) ?? {};
    for (const line of kept ?? []) {
      if (![...lines.values()].some((sent) => sent.client_id === line.client_id)) outgoing.push({ ...line, files: [], state: "waiting" });
    }
    text.value = draft ?? "";
  } catch {
    // Nothing was kept.
  }
  grow();
  remember();
  if (outgoing.length) {
    draw();
    work();
  }
}

/// Sends what waits, one by one, so that order is kept; what fails for now is tried again.
async function work() {
  if (sending) return;
  sending = true;
  for (let tries = 0; ; ) {
    const line = outgoing.find((one) => one.state === "waiting");
    if (!line) break;
    try {
      if (!visitor.known) await come();
      arrived(await sent(line));
      tries = 0;
    } catch (refused) {
      if (refused.status === 401) forget();
      if (refused.status === 403) closed();
      const lasting = refused.status && refused.status < 500 && ![401, 408, 429].includes(refused.status);
      if (lasting || ++tries > 6) {
        line.state = "failed";
        line.why = refused.status === 403 ? words.closed : lasting && line.files.length ? words.file_refused : words.not_sent;
        draw();
        tries = 0;
      } else await pause(refused.wait ? refused.wait * 1000 : Math.min(15000, 500 * 2 ** tries));
    }
  }
  sending = false;
}

async function sent(line) {
  const page = host.url || undefined;
  if (!line.files.length) return post("messages", { text: line.text, client_id: line.client_id, page });
  const form = new FormData();
  form.set("text", line.text);
  form.set("client_id", line.client_id);
  if (page) form.set("page", page);
  for (const file of line.files) form.append("file", file, file.name);
  return (await ask("messages", { method: "POST", body: form })).json();
}

// ---- The live stream: one for all tabs -----------------------------------------------------------

const tabs = "BroadcastChannel" in window ? new BroadcastChannel("casella-chat") : null;
let following = false; // this tab waits for the stream, or has it
let leading = 0; // it has it: the how-manieth time
let heard = 0; // when the tab that has it last said so
let stream = null;
let wake = () => {};
let leads = 0;
// Heartbeats come every 15 s: three missed, and nobody is there.
const SILENCE = 46000;

tabs?.addEventListener("message", ({ data }) => {
  heard = Date.now();
  if (data.is === "event") happen(data.name, data.value);
  else if (data.is === "come" && !visitor.known) {
    visitor.known = true;
    visitor.key = data.key;
    load().then(listen, () => {});
  } else if (data.is === "seen" && data.id > seen) {
    seen = data.id;
    draw();
  }
});

function listen() {
  if (following) return;
  following = true;
  heard = Date.now();
  // Whoever holds the lock has the stream and tells the others; when its tab closes the next takes over.
  locked("casella-stream", follow).then(() => (following = false), stolen);
}

// Phones put tabs to sleep that hold the lock: whoever is looked at and hears nothing takes it.
setInterval(() => {
  if (!navigator.locks || !following || leading || document.hidden || Date.now() - heard < SILENCE) return;
  heard = Date.now();
  locked("casella-stream", follow, { steal: true }).then(() => (following = false), stolen);
}, 5000);

function stolen() {
  leading = 0;
  stream?.abort();
  following = false;
  if (visitor.known) listen();
}

async function follow() {
  const mine = (leading = ++leads);
  for (let tries = 0; visitor.known && leading === mine; ) {
    try {
      await hear(() => (tries = 0));
    } catch (refused) {
      if (leading !== mine) return;
      if (refused.status === 401) return forget();
      if (refused.status === 403) return closed();
      tries += 1;
      if (refused.wait) await pause(refused.wait * 1000);
    }
    stream = null;
    await Promise.race([pause(Math.min(15000, 300 * 2 ** tries) * (0.5 + Math.random() / 2)), new Promise((done) => (wake = done))]);
  }
}

addEventListener("online", () => wake());

async function hear(opened) {
  stream = new AbortController();
  let watch;
  const alive = () => {
    clearTimeout(watch);
    watch = setTimeout(() => stream?.abort(), SILENCE);
    tabs?.postMessage({ is: "alive" });
  };
  alive();
  try {
    const headers = { Accept: "text/event-stream", "Last-Event-ID": String(last) };
    const answer = await ask("events", { headers, signal: stream.signal });
    opened();
    tellPage();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ; ) {
      const { value, done } = await reader.read();
      if (done) return;
      alive();
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) event(block);
    }
  } finally {
    clearTimeout(watch);
  }
}

function event(block) {
  let name = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) name = line.slice(7);
    else if (line.startsWith("data: ")) data.push(line.slice(6));
  }
  if (!data.length) return;
  // Behind a proxy only our answer shows that we are still there.
  if (name === "beat") return void post("here", {}).catch(() => {});
  const value = JSON.parse(data.join("\n"));
  tabs?.postMessage({ is: "event", name, value });
  happen(name, value);
}

function happen(name, value) {
  if (name === "message") arrived(value);
  else if (name === "typing") typing(value.typing);
  else if (name === "presence") {
    online = value.agent_online;
    arrange();
  } else if (name === "read") {
    read = value.read;
    draw();
  }
}

function closed() {
  $("notice").textContent = words.closed;
  $("composer").hidden = true;
}

// ---- Drawing -------------------------------------------------------------------------------------

const panel = $("panel");
const log = $("log");
const drawn = new Map(); // key -> node

function draw(fresh = 0) {
  const body = $("body");
  const bottom = body.scrollHeight - body.scrollTop - body.clientHeight < 80;
  const known = [...lines.values()].sort((a, b) => a.id - b.id);
  const own = outgoing.map((line) => ({ ...line, from: "visitor", name: "", at: line.at, attachments: line.files, pending: true }));
  const greeting = earlier ? [] : settings.greeting.map((text, n) => ({ id: "g" + n, from: "agent", name: settings.company, text, attachments: [], kind: "greeting" }));
  const wanted = [];
  if (earlier) wanted.push(once("earlier", more));
  let before = null;
  for (const line of [...greeting, ...known, ...own]) {
    const day = line.at && new Date(line.at).toDateString();
    if (day && day !== before?.day && line.kind !== "greeting") wanted.push(heading(day));
    const first = !before || before.from !== line.from || before.name !== line.name || before.kind !== line.kind;
    wanted.push(drawLine(line, first, fresh));
    before = { ...line, day };
  }
  mark(wanted.at(-1), [...known, ...own].at(-1));
  // Only what is new enters the tree, so that a screen reader says only that.
  wanted.forEach((node, n) => log.children[n] !== node && log.insertBefore(node, log.children[n] ?? null));
  while (log.children.length > wanted.length) log.lastChild.remove();
  arrange();
  if (bottom || own.length) body.scrollTop = body.scrollHeight;
}

function once(key, build) {
  if (!drawn.has(key)) drawn.set(key, build());
  return drawn.get(key);
}

/// The button that fetches what was said before; what is looked at stays where it is.
function more() {
  const button = make("button", "earlier", words.earlier);
  button.type = "button";
  button.onclick = async () => {
    const body = $("body");
    button.disabled = true;
    const below = body.scrollHeight - body.scrollTop;
    // What was said long ago is not read out as if it came now.
    log.ariaLive = "off";
    await load(Math.min(...lines.keys())).catch(() => {});
    body.scrollTop = body.scrollHeight - below;
    setTimeout(() => (log.ariaLive = "polite"), 1000);
    button.disabled = false;
  };
  return button;
}

function heading(day) {
  return once("day" + day, () => {
    const today = day === new Date().toDateString();
    return make("div", "day", today ? words.today : calendar.format(new Date(day)));
  });
}

function drawLine(line, first, fresh) {
  const key = line.client_id || "id" + line.id;
  const node = once(key, () => {
    const item = make("div", "line " + line.from);
    if (line.kind === "email") {
      item.className = "line email";
      item.textContent = line.text;
      return item;
    }
    item.append(make("span", line.from === "agent" ? "name" : "name sr", line.from === "agent" ? line.name || settings.company : words.you));
    if (line.text) item.append(linked(line.text));
    for (const file of line.attachments) item.append(attachment(file));
    item.append(make("p", "meta"));
    if (line.id === fresh || line.pending) item.classList.add("fresh");
    return item;
  });
  if (line.kind === "email") return node;
  node.classList.toggle("first", first);
  node.classList.toggle("waiting", line.state === "waiting");
  node.classList.toggle("failed", line.state === "failed");
  node.querySelector(".name").hidden = !first && line.from === "agent";
  const meta = node.querySelector(".meta");
  if (line.state === "failed") {
    if (!meta.querySelector("button")) meta.replaceChildren(line.why + " ", retry(line.client_id));
  } else meta.textContent = "";
  meta.hidden = line.state !== "failed";
  return node;
}

/// Under the newest line: when it was, and whether it got there.
function mark(node, line) {
  if (!node || !line || line.kind === "email" || line.state === "failed") return;
  const meta = node.querySelector(".meta");
  const state = line.pending ? words.sending : line.from === "visitor" ? (read ? words.seen : words.delivered) : "";
  const text = [line.pending ? "" : clock.format(new Date(line.at)), state].filter(Boolean).join(" · ");
  if (meta.textContent !== text) meta.textContent = text;
  meta.hidden = false;
}

function retry(client_id) {
  const again = make("button", "again", words.retry);
  again.type = "button";
  again.onclick = () => {
    const line = outgoing.find((one) => one.client_id === client_id);
    if (line) line.state = "waiting";
    draw();
    work();
  };
  return again;
}

/// Text with its web addresses made links; all else stays text.
function linked(text) {
  const bubble = make("div", "bubble");
  let at = 0;
  for (const found of text.matchAll(/\bhttps?:\/\/[^\s<>"]*[^\s<>".,;:!?'…»)\]]/gi)) {
    bubble.append(text.slice(at, found.index));
    const link = make("a", "", found[0]);
    link.href = found[0];
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
    bubble.append(link);
    at = found.index + found[0].length;
  }
  bubble.append(text.slice(at));
  return bubble;
}

function attachment(file) {
  const kind = file.content_type || file.type;
  const fetched = () => (file.url ? ask(file.url.replace("/chat/v1/", "")).then((answer) => answer.blob()) : Promise.resolve(file));
  const button = make("button", "file");
  button.type = "button";
  button.onclick = async () => {
    const link = make("a");
    link.href = URL.createObjectURL(await fetched());
    link.download = file.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
  if (/^image\/(png|jpeg|gif|webp)$/.test(kind)) {
    const image = make("img");
    image.alt = file.name;
    button.className = "picture";
    button.append(image);
    fetched().then((blob) => (image.src = URL.createObjectURL(blob)), () => (image.alt = file.name));
  } else button.append(make("span", "", file.name), make("small", "", size(file.size)));
  return button;
}

const size = (bytes) => (bytes < 1e6 ? Math.max(1, Math.round(bytes / 1000)) + " kB" : (bytes / 1e6).toFixed(1) + " MB");

/// Everything around the lines: who is there, which form stands, how many are unread.
function arrange() {
  const state = $("state");
  const here = online && settings.office.open;
  state.textContent = online ? words.online : settings.office.open ? words.away : fill(words.back, { when: settings.office.back });
  state.classList.toggle("online", here || online);
  const began = lines.size + outgoing.length > 0;
  $("greeting-form").hidden = began || !settings.form;
  $("composer").hidden = !began && Boolean(settings.form?.first);
  const asked = [...lines.values()].some((line) => line.kind === "ask_email");
  const offer = { never: false, after: true, first: !settings.form?.email, offline: !online || !settings.office.open }[settings.ask_email];
  const wanted = began && !visitor.email && !host.email && (asked || offer);
  $("email-why").textContent = asked ? words.why_asked : online ? words.why_online : words.why_offline;
  if (wanted && $("email-form").hidden) requestAnimationFrame(() => ($("body").scrollTop = $("body").scrollHeight));
  $("email-form").hidden = !wanted;
  if (looking()) markSeen();
  const count = unread();
  $("count").hidden = count === 0;
  $("count").textContent = count > 9 ? "9+" : count || "";
  $("launcher-name").textContent = count ? fill(words.open_unread, { count }) : words.open;
}

let typingEnds;
function typing(on) {
  const bottom = $("body").scrollHeight - $("body").scrollTop - $("body").clientHeight < 80;
  $("typing").hidden = !on;
  if (on && bottom) $("body").scrollTop = $("body").scrollHeight;
  clearTimeout(typingEnds);
  // Agents' pages say it again while it lasts.
  if (on) typingEnds = setTimeout(() => typing(false), 12000);
}

function tease(text) {
  $("teaser-text").textContent = text.length > 140 ? text.slice(0, 139) + "…" : text;
  $("teaser").hidden = false;
  resize();
}

function ring() {
  if (!settings.sound) return;
  try {
    const audio = new AudioContext();
    [660, 880].forEach((pitch, n) => {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      const at = audio.currentTime + n * 0.12;
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.06, at);
      volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.3);
      tone.connect(volume).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.3);
    });
    setTimeout(() => audio.close(), 1000);
  } catch {
    // Browsers keep a page silent that nobody has touched.
  }
}

// ---- Opening and closing -------------------------------------------------------------------------

function resize() {
  const open = !panel.hidden;
  document.body.classList.toggle("full", alone || (open && host.narrow));
  tellHost({ is: "size", size: open ? (host.narrow ? "full" : "open") : $("teaser").hidden ? "closed" : "teaser" });
}

function show(open, focus = true) {
  panel.hidden = !open;
  $("launcher").hidden = open;
  $("launcher").setAttribute("aria-expanded", String(open));
  $("teaser").hidden = true;
  resize();
  arrange();
  try {
    sessionStorage.setItem("open", open ? "1" : "");
  } catch {
    // Then the next page begins with the chat closed.
  }
  if (open) $("body").scrollTop = $("body").scrollHeight;
  if (!focus) return;
  if (open) panel.querySelector("form:not([hidden]) :is(input, textarea)")?.focus();
  else $("launcher").focus();
}

function preview({ color, greeting, offline }) {
  if (color) paint(color);
  const text = (online ? greeting : offline) || greeting;
  if (typeof text !== "string") return;
  settings.greeting = text.trim() ? text.trim().split(/\n\s*\n/) : settings.usual;
  for (const key of [...drawn.keys()]) if (key.startsWith("idg")) drawn.delete(key);
  draw();
}

// ---- The composer --------------------------------------------------------------------------------

const text = $("text");
let files = [];
let typed = 0;

function grow() {
  text.style.height = "auto";
  text.style.height = Math.min(132, text.scrollHeight) + "px";
}

function types(on) {
  const now = Date.now();
  if (!visitor.known || (on && now - typed < 4000) || (!on && !typed)) return;
  typed = on ? now : 0;
  post("typing", { typing: on }).catch(() => {});
}

let still;
text.addEventListener("input", () => {
  grow();
  remember();
  types(text.value !== "");
  clearTimeout(still);
  still = setTimeout(() => types(false), 6000);
});
text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $("composer").requestSubmit();
});
text.addEventListener("paste", (event) => attach(event.clipboardData.files));
$("file").addEventListener("change", () => {
  attach($("file").files);
  $("file").value = "";
});

function attach(chosen) {
  for (const file of chosen) {
    const fits = /^(image\/(png|jpeg|gif|webp)|application\/pdf)$/.test(file.type) && file.size <= 9.5e6;
    if (fits && files.length < 5) files.push(file);
    else $("notice").textContent = words.file_refused;
  }
  drawFiles();
}

function drawFiles() {
  $("files").replaceChildren(
    ...files.map((file) => {
      const item = make("li");
      const drop = make("button", "plain");
      drop.type = "button";
      drop.ariaLabel = fill(words.remove, { name: file.name });
      drop.append($("teaser-close").firstElementChild.cloneNode(true));
      drop.onclick = () => {
        files = files.filter((other) => other !== file);
        drawFiles();
        text.focus();
      };
      item.append(make("span", "", file.name), drop);
      return item;
    }),
  );
}

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const said = text.value.trim();
  if (!said && !files.length) return text.focus();
  $("notice").textContent = "";
  clearTimeout(still);
  types(false);
  say(said, files);
  files = [];
  drawFiles();
  text.value = "";
  grow();
  remember();
  text.focus();
});

$("email-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const email = event.target.elements.email.value.trim();
  $("email-error").textContent = "";
  try {
    if (!visitor.known) await come();
    await identify({ email });
    $("notice").textContent = fill(words.thanks, { email });
    text.focus();
  } catch (refused) {
    $("email-error").textContent = refused.status === 422 ? words.email_wrong : words.try_later;
  }
});

$("greeting-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { name, email, question } = Object.fromEntries(new FormData(event.target));
  const submit = event.target.querySelector("button");
  submit.disabled = true;
  try {
    host.name = name?.trim() || host.name;
    if (!visitor.known) await come();
    if (email) await identify({ email, name });
    if (question?.trim()) say(question.trim());
    else {
      settings.form = null;
      arrange();
      text.focus();
    }
  } catch (refused) {
    $("notice").textContent = refused.status === 422 ? words.email_wrong : words.try_later;
  }
  submit.disabled = false;
});

const faces = "😀 😂 😊 😍 😉 🙂 😅 🤔 😢 😭 😡 😮 👍 👎 👋 🙏 👏 💪 🎉 ❤️ ⭐ ✅ ❌ ❓ 🔥 💡 📦 🚚 💳 🎁 ☕ 🌞";
for (const face of faces.split(" ")) {
  const button = make("button", "", face);
  button.type = "button";
  button.onclick = () => {
    text.setRangeText(face, text.selectionStart, text.selectionEnd, "end");
    smile(false);
    text.focus();
  };
  $("emoji").append(button);
}

function smile(open) {
  $("emoji").hidden = !open;
  $("smile").setAttribute("aria-expanded", String(open));
}

$("smile").onclick = () => smile($("emoji").hidden);
$("launcher").onclick = () => show(true);
$("teaser-text").onclick = () => show(true);
$("teaser-close").onclick = () => {
  $("teaser").hidden = true;
  resize();
};
$("close").onclick = () => show(false);
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || panel.hidden) return;
  if ($("emoji").hidden) show(false);
  else smile(false);
});
addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  arrange();
  tellPage();
});
// Leaving closes the stream at once, so that the dot goes; coming back by "Back" opens it again.
addEventListener("pagehide", () => stream?.abort());

// ---- Beginning -----------------------------------------------------------------------------------

for (const field of ["name", "email", "question"]) {
  const label = document.querySelector(`[data-field=${field}]`);
  if (!settings.form?.[field]) label.remove();
}
paint(settings.color);
draw();
for (const { in: wait, open, back } of settings.office.coming) {
  setTimeout(() => (Object.assign(settings.office, { open, back }), arrange()), wait);
}
if (!settings.preview) begin();
async function begin() {
  for (let tries = 0; visitor.known; tries += 1) {
    try {
      await load();
      listen();
      break;
    } catch (refused) {
      if (refused.status === 401) forget();
      else await pause(refused.wait * 1000 || Math.min(15000, 1000 * 2 ** tries));
    }
  }
  recall();
}
let wasOpen = alone || settings.preview;
try {
  wasOpen ||= sessionStorage.getItem("open") === "1";
} catch {
  // Closed it begins.
}
if (wasOpen) show(true, alone);
else show(false, false);
if (alone) $("close").hidden = true;
