// The agents' pages, made live. Everything here works without it; it only saves waiting.
//
// The server renders every part. The live stream carries the rows of the list that changed, and names the
// lines of threads that did; a page that shows such a thread asks for these alone. This module puts the
// new parts in place of the old ones, keyed by id, so that what an agent is reading, typing or has
// unfolded stays as it is. Tabs of one browser share one connection to `/live`.

const root = document.documentElement;
const words = document.getElementById("words")?.dataset ?? {};
const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const threadId = () => $(".thread[data-conversation]")?.dataset.conversation;
const fill = (text, values) => (text ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

root.classList.add("js");

/* Parts in place */

const rendered = new WeakMap();
const source = (node) => rendered.get(node) ?? node.outerHTML;

// Makes the children of `now` those of `next`: equal ones are kept as they stand, with their state.
function patchChildren(now, next) {
  const known = new Map($$(":scope > [id]", now).map((child) => [child.id, child]));
  const wanted = [...next.children];
  if (wanted.some((child) => !child.id)) {
    if (source(now) !== next.outerHTML) {
      now.replaceChildren(...next.cloneNode(true).childNodes);
      rendered.set(now, next.outerHTML);
    }
    return;
  }
  let place = null;
  for (const child of wanted) {
    const html = child.outerHTML;
    let node = known.get(child.id);
    known.delete(child.id);
    if ("same" in child.dataset) {
      if (!node) soon();
    } else if (!node || source(node) !== html) {
      const fresh = document.importNode(child, true);
      rendered.set(fresh, html);
      if (node) {
        keepState(node, fresh);
        node.replaceWith(fresh);
      }
      node = fresh;
    }
    if (!node) continue;
    const after = place ? place.nextElementSibling : now.firstElementChild;
    if (after !== node) now.insertBefore(node, after);
    place = node;
  }
  for (const gone of known.values()) gone.remove();
}

function keepState(from, to) {
  const opened = $$("details", from).map((details) => details.open);
  $$("details", to).forEach((details, n) => (details.open ||= opened[n] ?? false));
  const focused = from.contains(document.activeElement) ? document.activeElement : null;
  if (focused) {
    const n = $$("a, button, input, select, textarea, summary", from).indexOf(focused);
    queueMicrotask(() => $$("a, button, input, select, textarea, summary", to)[n]?.focus());
  }
}

function patch(next) {
  for (const now of $$("[data-live]")) {
    const fresh = $(`[data-live="${now.dataset.live}"]`, next);
    if (!fresh || now.contains(document.activeElement?.closest("select, input, textarea"))) continue;
    if (now.dataset.live === "reach") patchReach(now, fresh);
    else patchChildren(now, fresh);
  }
  const empty = $("[data-empty]", next);
  const list = $('[data-live="list"]');
  if (list && $('[data-live="list"]', next)) {
    $("[data-empty]")?.remove();
    if (empty) list.after(document.importNode(empty, true));
  }
  const icon = $('link[rel="icon"]', next);
  if (icon) $('link[rel="icon"]').href = icon.href;
  if (next.title) document.title = next.title;
  ages();
  windows();
  lock();
}

/* Rows of the list, as the stream carries them */

// Whether this page's list shows a row, by the same filters as the server (`ask.rs`).
function belongs(row) {
  const ask = new URLSearchParams(location.search);
  const { status, channel, assignee, unread, spam, merged } = row.dataset;
  const fits = (name, value) => !ask.get(name) || ask.get(name) === value;
  const wanted = ask.get("status") || "open";
  const whose = ask.get("assignee");
  const me = document.body.dataset.me;
  return (
    merged === "false" &&
    (wanted === "all" || (wanted === "complete" ? "complete" : "open") === status) &&
    fits("channel", channel) &&
    (!whose || assignee === ({ me, none: "" }[whose] ?? whose)) &&
    (ask.get("unread") !== "1" || unread === "true") &&
    (ask.get("spam") === "1") === (spam === "true")
  );
}

// Search results, other orders and later pages keep their rows and take no new ones.
const takesRows = () => {
  const ask = new URLSearchParams(location.search);
  return !["q", "order", "tag", "cursor"].some((name) => ask.get(name));
};

function placeRow(html) {
  const row = new DOMParser().parseFromString(html, "text/html").body.firstElementChild;
  if (!row) return;
  const old = document.getElementById(row.id);
  const list = old?.closest(".rows") ?? $('[data-live="list"]');
  if (!list || (!old && !takesRows())) return;
  const fresh = document.importNode(row, true);
  const link = $(".row-link", fresh);
  if (list.dataset.live) {
    link.search = listQuery();
    if (row.id === `c-${threadId()}`) link.ariaCurrent = "true";
  }
  if (old) keepState(old, fresh);
  if (!list.dataset.live || !takesRows()) return old?.replaceWith(fresh);
  const at = Number(fresh.dataset.at);
  if (old?.dataset.at === fresh.dataset.at && belongs(fresh)) return old.replaceWith(fresh);
  old?.remove();
  if (!belongs(fresh)) return;
  const below = [...list.children].find((other) => Number(other.dataset.at) < at);
  if (below) below.before(fresh);
  else if (!$('.list-body [rel="next"]')) list.append(fresh);
}

function listQuery() {
  const query = new URLSearchParams(location.search);
  for (const name of ["done", "undo", "before", "cursor", "items"]) query.delete(name);
  return query.toString();
}

// A list that became empty, or was emptied far below its page, is better fetched whole.
function tidyList() {
  const list = $('[data-live="list"]');
  if (!list) return;
  const count = list.childElementCount;
  if (count) $("[data-empty]")?.remove();
  else if (!$("[data-empty]")) soon();
  if (count < 20 && $('.list-body [rel="next"]')) soon();
}

function showUnread(count, words) {
  const link = $("#nav-inbox a");
  if (!link) return;
  $(".dot", link)?.remove();
  if (count) {
    const dot = document.createElement("span");
    dot.className = "dot";
    const told = document.createElement("span");
    told.className = "sr";
    told.textContent = words;
    dot.append(told);
    link.append(" ", dot);
  }
  document.title = (count ? `(${count}) ` : "") + document.title.replace(/^\(\d+\) /, "");
  const icon = $('link[rel="icon"]');
  const wanted = count ? icon.dataset.unread : icon.dataset.plain;
  if (icon.getAttribute("href") !== wanted) icon.href = wanted;
}

/* Lines of the open thread, asked for once they changed */

let asked = null;
let asking = false;

function askFor(lines) {
  if (document.hidden) return;
  if (asked !== "all") asked = lines === "all" ? "all" : [...(asked ?? []), ...lines];
  if (!asking) fetchLines();
}

async function fetchLines() {
  asking = true;
  while (asked) {
    const items = asked === "all" ? "all" : asked.join(",") || "0";
    asked = null;
    const query = new URLSearchParams(listQuery());
    const before = new URLSearchParams(location.search).get("before");
    if (before) query.set("before", before);
    query.set("items", items);
    try {
      const answer = await fetch(`/conversations/${threadId()}/parts?${query}`);
      if (answer.ok && !answer.redirected) settle(await answer.text(), patch);
      else soon();
    } catch {
      // The stream's own reconnect tells the agent; the next event tries again.
    }
  }
  asking = false;
}

// The channels an agent may choose change with who is online; the choice made by hand stays.
function patchReach(now, fresh) {
  const select = $("select", now);
  const chosen = select.dataset.touched && select.value;
  if (source(now) === fresh.outerHTML) return;
  rendered.set(now, fresh.outerHTML);
  const options = $$("option", fresh).map((option) => document.importNode(option, true));
  select.replaceChildren(...options);
  const possible = options.some((option) => option.value === chosen && !option.disabled);
  if (chosen && possible) select.value = chosen;
  showFor(select.value);
}

let fetching = null;
let again = false;
// News that came while a page was fetched.
let meanwhile = [];

// Fetches this page and puts its parts in place. Looking away is not reading: such a fetch says so.
async function refresh() {
  if (fetching) {
    again = true;
    return fetching;
  }
  fetching = (async () => {
    try {
      const headers = document.hidden ? { "X-Purpose": "prefetch" } : {};
      const answer = await fetch(location.href, { headers });
      if (answer.redirected && new URL(answer.url).pathname === "/login") return location.reload();
      if (answer.ok) settle(await answer.text(), patch);
    } catch {
      // The stream's own reconnect tells the agent; the next event tries again.
    }
  })();
  meanwhile = [];
  await fetching;
  fetching = null;
  // The page was made before them: what they showed is shown again.
  meanwhile.forEach(show);
  if (again) {
    again = false;
    soon();
  }
}

// Puts a page's parts in place; who reads the end of the thread goes on reading its end.
function settle(html, put) {
  const next = new DOMParser().parseFromString(html, "text/html");
  const body = $("#thread-body");
  const atEnd = body && body.scrollHeight - body.scrollTop - body.clientHeight < 80;
  put(next);
  if (atEnd) body.scrollTop = body.scrollHeight;
}

// The end of the thread, or the beginning of its newest message where that is longer than the screen.
function readFromNewest() {
  const body = $("#thread-body");
  if (!body) return;
  body.scrollTop = body.scrollHeight;
  const newest = $$(".message", body).pop();
  if (newest && newest.getBoundingClientRect().top < body.getBoundingClientRect().top) newest.scrollIntoView();
}

let timer = null;
const later = (delay) => (timer ??= setTimeout(() => ((timer = null), refresh()), delay));
const soon = () => later(120);
// What all pages fetch at once they fetch one after the other.
const sometime = () => later(200 + Math.random() * 2000);

/* Ages */

function ages() {
  const now = Date.now();
  for (const time of $$("time.age")) {
    const minutes = Math.floor((now - Date.parse(time.dateTime)) / 60000);
    if (minutes < 1) time.textContent = words.now;
    else if (minutes < 60) time.textContent = `${minutes} ${words.min}`;
    else if (minutes < 1440) time.textContent = `${Math.floor(minutes / 60)} ${words.h}`;
  }
}
setInterval(ages, 30000);

/* Time left to answer by Messenger */

// Told by the server's clock, as this machine's may be wrong.
const skew = Date.now() - (Number(words.clock) || Date.now());
let closing = null;

function windows() {
  clearTimeout(closing);
  const now = Date.now() - skew;
  let next = now + 60000;
  for (const tag of $$("[data-ends]")) {
    const ends = Number(tag.dataset.ends);
    const minutes = Math.floor((ends - now) / 60000);
    let left = `${Math.max(minutes, 0)} ${words.min}`;
    if (minutes >= 2880) left = `${Math.floor(minutes / 1440)} ${words.d}`;
    else if (minutes >= 60) left = `${Math.floor(minutes / 60)} ${words.h}`;
    tag.textContent = tag.dataset.pattern.replace("{left}", left);
    if (ends > now) next = Math.min(next, ends);
    else if (!tag.dataset.over) {
      tag.dataset.over = "1";
      soon();
    }
  }
  closing = setTimeout(windows, Math.max(next - now, 200) + 50);
}

// At the end of the time the composer locks: only a note can still be left.
function lock() {
  const form = composer();
  const send = form && $(".send", form);
  if (!send) return;
  const locked = Boolean($("#locked"));
  const was = form.dataset.locked;
  form.dataset.locked = String(locked);
  if (was === String(locked) || (!was && !locked)) return;
  send.disabled = locked;
  $(".add-note", form).hidden = !locked;
  $(".note-check", form).hidden = locked;
  if (locked && form.elements.note.checked) form.elements.note.click();
  const box = textBox();
  box.placeholder = locked ? box.dataset.notePlaceholder : box.dataset.placeholder;
  for (const told of [send, box]) {
    if (locked) told.setAttribute("aria-describedby", "locked");
    else told.removeAttribute("aria-describedby");
  }
  showFor(form.elements.channel.value);
}

/* One connection for all tabs */

const channel = "BroadcastChannel" in window ? new BroadcastChannel("casella") : null;
let stream = null;

function listen() {
  if (!$(".app")) return;
  if (navigator.locks && channel) {
    navigator.locks.request("casella-live", () => new Promise(() => connect(true)));
    channel.onmessage = ({ data }) => {
      if (data.name === "who" || data.name === "here") roll(data);
      else if (data.name === "since") latest.filter((news) => news.seq > data.since).forEach(({ data }) => channel.postMessage({ name: "news", data }));
      else heard(data.name, data.data, false);
    };
    channel.postMessage({ name: "since", since });
  } else {
    connect(false);
  }
}

let lost = false;
// What happened while this page was on its way is news to it.
let since = Number(document.body.dataset.since);
// The latest news, for pages of other tabs that were on their way when it came.
const latest = [];

function connect(shares) {
  stream = new EventSource("/live?since=" + since);
  const pass = (name) => (event) => {
    const data = JSON.parse(event.data);
    if (shares) channel.postMessage({ name, data });
    since = Number(event.lastEventId) || since;
    if (shares && name === "news") latest.splice(0, Infinity, ...latest.slice(-19), { seq: since, data });
    heard(name, data, true);
  };
  stream.addEventListener("news", pass("news"));
  stream.addEventListener("moment", pass("moment"));
  stream.onerror = () => {
    lost = true;
    root.classList.add("offline");
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => connect(shares), 5000);
  };
  stream.onopen = () => {
    root.classList.remove("offline");
    if (lost) {
      soon();
      if (shares) channel.postMessage({ name: "again" });
    } else catchUp();
    lost = false;
  };
}

// Who came or left while this page was on its way stands in no journal.
function catchUp() {
  if (threadId()) askFor([]);
}

function heard(name, data, first) {
  if (name === "again") sometime();
  else if (name === "news") {
    if (first) data.wrote.forEach(tell);
    hearNews(data);
  } else if (String(data.conversation) === threadId()) {
    someoneIsThere(data);
  }
}

let stale = false;

function hearNews(news) {
  stale = true;
  if (news.all) return sometime();
  if (fetching) meanwhile.push(news);
  show(news);
}

function show({ unread, dot, rows, threads }) {
  showUnread(unread, dot);
  rows.forEach(placeRow);
  tidyList();
  ages();
  windows();
  const lines = threads[threadId()];
  if (lines) askFor(lines);
}

// Banners and whatever else no event tells of.
setInterval(() => {
  if (stale && !document.hidden) sometime();
  stale = false;
}, 60000);

const present = new Map();

function someoneIsThere(moment) {
  const me = document.body.dataset.me;
  if (moment.agent !== undefined && String(moment.agent) === me) return;
  const key = moment.agent ?? "visitor";
  const text = {
    visitor_types: moment.typing && words.visitorTyping,
    agent_types: moment.typing && fill(words.typing, moment),
    agent_looks: !present.has(key) && fill(words.looking, moment),
  }[moment.kind];
  clearTimeout(present.get(key)?.timer);
  if (text) {
    const timer = setTimeout(() => (present.delete(key), showPresent()), 8000);
    present.set(key, { text, timer });
  } else {
    present.delete(key);
  }
  showPresent();
}

function showPresent() {
  const line = $("#typing");
  if (line) line.textContent = [...present.values()].map(({ text }) => text).join(" · ");
}

/* Telling agents: new chats first, politely */

async function tell({ conversation, ...wrote }) {
  const { me, sound, notify } = document.body.dataset;
  const mine = wrote.assignee === undefined || String(wrote.assignee) === me;
  if (!mine || wrote.channel === "email") return;
  const seen = await whereTheyLook();
  if (seen.includes(String(conversation))) return;
  if (sound === "true") chime();
  if (notify === "true" && window.Notification?.permission === "granted" && !seen.length) {
    const shown = new Notification(wrote.name || "Casella", {
      body: wrote.snippet,
      tag: `conversation-${conversation}`,
    });
    shown.onclick = () => {
      window.focus();
      location.assign(`/conversations/${conversation}`);
    };
  }
}

// What this tab shows, if somebody looks at it: a thread's number, or nothing in particular.
const look = () => (document.hidden || !document.hasFocus() ? null : (threadId() ?? ""));

let answers = null;

// The agent may look at another tab than the one that holds the connection: all are asked.
async function whereTheyLook() {
  answers = [look()];
  channel?.postMessage({ name: "who" });
  await new Promise((done) => setTimeout(done, 150));
  return answers.filter((at) => at !== null);
}

function roll({ name, at }) {
  if (name === "here") answers?.push(at);
  else if (look() !== null) channel.postMessage({ name: "here", at: look() });
}

function chime() {
  try {
    const audio = new AudioContext();
    [660, 880].forEach((pitch, n) => {
      const tone = audio.createOscillator();
      const gain = audio.createGain();
      const start = audio.currentTime + n * 0.12;
      tone.frequency.value = pitch;
      gain.gain.setValueAtTime(0.06, start);
      gain.gain.exponentialRampToValueAtTime(0.0001, start + 0.25);
      tone.connect(gain).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.26);
    });
  } catch {
    // A browser that plays nothing before the first click stays silent.
  }
}

document.addEventListener("change", async ({ target }) => {
  if (target.matches("[data-asks-permission]") && target.checked && "Notification" in window) {
    if ((await Notification.requestPermission()) !== "granted") target.checked = false;
  }
});

/* The composer */

const composer = () => $(".composer");
const textBox = () => $(".composer textarea");

// Hints that concern one channel only.
function showFor(chosen) {
  for (const hint of $$(".composer [data-only]")) hint.hidden = hint.dataset.only !== chosen;
  count();
}

function count() {
  const counter = $(".composer .counter");
  const text = textBox();
  if (!counter || !text) return;
  const left = Number(counter.dataset.limit) - text.value.length;
  const over = left < 0 && !counter.hidden && composer().dataset.locked !== "true";
  counter.textContent = String(left);
  counter.classList.toggle("over", over);
  $(".composer .send-parts").hidden = !over;
}

function noteMode(on) {
  const form = composer();
  form.classList.toggle("composer-note", on);
  const send = $(".send", form);
  send.dataset.sendLabel ??= $("span", send).textContent;
  $("span", send).textContent = on ? send.dataset.noteLabel : send.dataset.sendLabel;
}

function insert(text) {
  const box = textBox();
  const before = box.value.slice(0, box.selectionStart);
  const lead = before && !before.endsWith("\n") && !before.endsWith(" ") ? "\n" : "";
  box.setRangeText(lead + text, box.selectionStart, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
}

function keepDraft() {
  const form = composer();
  if (!form) return;
  const key = form.dataset.draft;
  const text = textBox().value;
  if (text) localStorage.setItem(key, text);
  else localStorage.removeItem(key);
}

let typing = false;
let typingSaid = 0;
let typingEnds = null;

function sayTyping(on) {
  clearTimeout(typingEnds);
  if (on) typingEnds = setTimeout(() => sayTyping(false), 5000);
  // Said again every few seconds: a page that closes never says that it stopped.
  if (on === typing && (!on || Date.now() - typingSaid < 6000)) return;
  typing = on;
  typingSaid = Date.now();
  fetch(`/conversations/${threadId()}/typing`, {
    method: "POST",
    body: new URLSearchParams({ typing: on ? "1" : "0" }),
    keepalive: true,
  }).catch(() => {});
}

// Shown at once, sent behind it; the key makes a second try harmless.
async function send(form, pressed) {
  const text = textBox().value.trim();
  const files = $('input[type="file"]', form);
  if (!text && !files.files.length) return textBox().focus();
  const data = new FormData(form);
  data.set("do", "send");
  if (pressed?.name) data.set(pressed.name, pressed.value);
  const line = document.createElement("li");
  const note = data.has("note") || data.get("do") === "note";
  line.className = `message message-${note ? "note" : "out"} sending`;
  line.id = `sending-${data.get("key")}`;
  const card = document.createElement("article");
  card.className = "message-card";
  const body = document.createElement("div");
  body.className = "text";
  body.innerText = text;
  const state = document.createElement("p");
  state.className = "message-foot";
  state.textContent = words.sending;
  card.append(body, state);
  line.append(document.createElement("span"), card);
  $(".items").append(line);
  $("#thread-body").scrollTop = $("#thread-body").scrollHeight;
  const draft = textBox().value;
  textBox().value = "";
  keepDraft();
  sayTyping(false);
  const submit = $(".send", form);
  submit.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: data });
    const html = await answer.text();
    line.remove();
    settle(html, (next) => {
      patch(next);
      renew(form, $(".composer", next));
    });
    if (!answer.ok) textBox().value ||= draft;
    keepDraft();
  } catch {
    line.classList.remove("sending");
    const retry = document.createElement("button");
    retry.type = "button";
    retry.className = "link";
    retry.textContent = words.retry;
    retry.onclick = () => {
      line.remove();
      textBox().value = draft;
      send(form, pressed);
    };
    state.replaceChildren(retry);
    textBox().value = draft;
    keepDraft();
  }
  submit.disabled = form.dataset.locked === "true";
  textBox().focus();
  count();
}

// The next answer gets a fresh key, and the notice (or none) of this one.
function renew(form, next) {
  if (!next) return location.reload();
  form.elements.key.value = next.elements.key.value;
  $(":scope > .notice", form)?.remove();
  const notice = $(":scope > .notice", next);
  if (notice) form.prepend(document.importNode(notice, true));
  else {
    $('input[type="file"]', form).value = "";
    showFiles(form);
    if (form.elements.note.checked) {
      form.elements.note.checked = false;
      noteMode(false);
    }
  }
}

function showFiles(form) {
  const list = $(".composer-files", form);
  const files = [...$('input[type="file"]', form).files];
  list.hidden = !files.length;
  list.replaceChildren(
    ...files.map((file) => {
      const item = document.createElement("li");
      item.className = "file";
      const name = document.createElement("span");
      name.className = "file-none";
      name.textContent = file.name;
      item.append(name);
      return item;
    }),
  );
}

function chooseCategory(select) {
  for (const group of $$(".replies")) {
    group.hidden = select.value !== "" && group.dataset.category !== select.value;
  }
}

function readyComposer() {
  const form = composer();
  if (!form) return;
  const box = textBox();
  const draft = localStorage.getItem(form.dataset.draft);
  if (!box.value && draft) box.value = draft;
  showFor(form.elements.channel.value);
  form.addEventListener("submit", (event) => {
    const pressed = event.submitter;
    if (pressed?.name === "insert") {
      event.preventDefault();
      $("#saved-replies").hidePopover?.();
      insert(pressed.dataset.text);
    } else {
      event.preventDefault();
      send(form, pressed);
    }
  });
  box.addEventListener("input", () => {
    keepDraft();
    count();
    sayTyping(box.value !== "" && !form.elements.note.checked);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit($(".send", form));
  });
  form.addEventListener("change", ({ target }) => {
    if (target.name === "channel") {
      target.dataset.touched = "1";
      showFor(target.value);
    }
    if (target.name === "note") noteMode(target.checked);
    if (target.name === "files") showFiles(form);
    if (target.name === "category") chooseCategory(target);
  });
  if (form.elements.note.checked) noteMode(true);
}

/* Small forms that need no button */

document.addEventListener("change", ({ target }) => {
  if (target.closest("[data-auto]")) target.form.requestSubmit();
});

/* Keyboard */

const rows = () => $$(".row-link, .hit > a");

function move(by) {
  const all = rows();
  if (!all.length) return;
  const here = all.findIndex((row) => row === document.activeElement);
  const start = here >= 0 ? here : all.findIndex((row) => row.ariaCurrent === "true");
  const next = all[Math.min(Math.max(start + by, 0), all.length - 1)];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  r: () => textBox()?.focus(),
  c: () => textBox()?.focus(),
  n: () => {
    const note = composer()?.elements.note;
    if (note && !note.checked && composer().dataset.locked !== "true") note.click();
    textBox()?.focus();
  },
  s: () => $('[popovertarget="saved-replies"]')?.click(),
  e: () => $('.actions [aria-keyshortcuts="e"]')?.click(),
  u: () => $("#back")?.click(),
  "/": () => $('input[type="search"]')?.focus(),
  "?": () => $("#keys")?.showModal(),
};

document.addEventListener("keydown", (event) => {
  const field = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "Escape" && field && !event.target.closest("[popover]")) return field.blur();
  if (field || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
  const act = keys[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});

/* The widget's preview follows its settings as they are typed. */

document.addEventListener("input", (event) => {
  const form = event.target.closest("[data-previews]");
  const frame = form?.querySelector(".preview-frame");
  if (!frame) return;
  const tell = (message) => frame.contentWindow.postMessage({ casella: message }, location.origin);
  const { color, greeting, offline } = Object.fromEntries(new FormData(form));
  tell({ is: "hello", color });
  tell({ is: "preview", color, greeting, offline });
});

/* Begin */

for (const node of $$("[data-live] > [id]")) rendered.set(node, node.outerHTML);
for (const node of $$('[data-live="reach"]')) rendered.set(node, node.outerHTML);
for (const toast of $$(".toast")) toast.classList.add("toast-fades");
const url = new URL(location.href);
if (url.searchParams.has("done")) {
  url.searchParams.delete("done");
  url.searchParams.delete("undo");
  history.replaceState(null, "", url);
}
readyComposer();
ages();
windows();
lock();
// On a phone the sections stand in a row wider than the screen.
$(".settings-nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
if (!location.hash && !url.searchParams.has("before")) readFromNewest();
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && $(".app")) soon();
});
listen();
// Of a page in another tab's wake; the one with the stream does so when it opens.
setTimeout(() => stream || catchUp(), 300);
