// The list at the door. A tap is kept in this browser first and sent then: with the network gone it waits, and the
// server counts each mark once, by the moment it was made (events/services/check_in.py). Marks hold no names.
const door = document.getElementById("puerta");
const form = door.querySelector("[data-door]");
const list = door.querySelector("[data-list]");
const rows = new Map([...door.querySelectorAll("li[data-id]")].map((row) => [row.dataset.id, row]));
const words = door.querySelector("[data-words]").dataset;
const POLL = 5000, PATIENCE = 12000, BATCH = 100;
const clock = new Intl.DateTimeFormat("es-MX", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: door.dataset.zone });
const part = (name) => door.querySelector(`[data-template="${name}"]`).content.cloneNode(true);
const nameOf = (id) => rows.get(id)?.querySelector("strong").textContent ?? words.nobody.replace("{n}", id);
const note = (name, shown) => { door.querySelector(`[data-note="${name}"]`).hidden = !shown; };
const says = (text) => { door.querySelector("[data-says]").textContent = text; };

// --- Marks not sent yet: one item each, so that two tabs never overwrite each other.
const PREFIX = `entrada:${door.dataset.event}:`;
const memory = new Map();
const marks = {
  all() {
    try {
      for (const name of Object.keys(localStorage)) {
        if (!name.startsWith(PREFIX)) continue;
        try { memory.set(name, JSON.parse(localStorage[name])); } catch { localStorage.removeItem(name); }
      }
      for (const name of memory.keys()) if (!(name in localStorage) && !memory.get(name).unkept) memory.delete(name);
    } catch { /* this browser keeps nothing: the memory of the page is all there is */ }
    return [...memory].map(([name, mark]) => ({ ...mark, key: name.slice(PREFIX.length) })).sort((a, b) => a.at - b.at);
  },
  put({ key, ...mark }) {
    try { localStorage[PREFIX + key] = JSON.stringify(mark); } catch { mark.unkept = true; note("unkept", true); }
    memory.set(PREFIX + key, mark);
  },
  drop(key) {
    memory.delete(PREFIX + key);
    try { localStorage.removeItem(PREFIX + key); } catch { /* nothing kept, nothing to remove */ }
  },
};
const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

// --- What is shown: what the server said last, and above it what waits here.
const lookOf = ({ inside, at, undoable, unsent }) => JSON.stringify([inside, at, undoable, unsent]);
let heard = false; // until then what is known is what the page was drawn with, or what was heard the last time
let server = { inside: {} }; // and present, arrived, confirmed; inside: {id: [time, undoable]}
for (const name of ["present", "arrived", "confirmed"]) server[name] = Number(door.dataset[name]);
for (const [id, { dataset }] of rows) {
  if (dataset.inside) server.inside[id] = [dataset.inside.replace("-", ""), dataset.undoes === "1"];
  dataset.look = lookOf(standing(id, []));
}
let latest = []; // ids that this phone marked, the newest first

function standing(id, waiting) {
  const told = server.inside[id];
  let now = { inside: Boolean(told), at: told?.[0] ?? "", undoable: told?.[1] ?? false, unsent: false };
  for (const mark of waiting) {
    if (mark.came && !now.inside) now = { inside: true, at: clock.format(mark.at), undoable: true, unsent: true };
    else if (!mark.came && now.inside) now = { inside: false, at: "", undoable: false, unsent: true };
  }
  return { ...now, wasInside: Boolean(told) };
}

function drawRow(row, now) {
  const look = lookOf(now);
  if (row.dataset.look === look) return;
  row.dataset.look = look;
  const hadFocus = row.contains(document.activeElement);
  const kind = now.inside ? "inside" : row.dataset.why ? "ask" : "expected";
  const act = row.querySelector(".door-act");
  if (door.dataset.closed && kind !== "inside") { act.replaceChildren(); return; }
  const fresh = part(kind);
  for (const button of fresh.querySelectorAll("button")) button.value = row.dataset.id;
  for (const hidden of fresh.querySelectorAll(".hide")) hidden.textContent = `: ${nameOf(row.dataset.id)}`;
  if (kind === "inside") {
    if (now.at) fresh.querySelector("[data-at]").textContent = now.at;
    if (!now.unsent) fresh.querySelector("[data-unsent]").remove();
    if (!now.undoable) fresh.querySelector("button").remove();
  }
  act.replaceChildren(fresh);
  if (hadFocus) act.querySelector("button, summary")?.focus({ preventScroll: true });
}

function draw() {
  const all = marks.all(), waiting = all.filter((mark) => !mark.why);
  const of = new Map();
  for (const mark of waiting) of.set(mark.id, [...(of.get(mark.id) ?? []), mark]);
  let { present, arrived } = server;
  for (const [id, row] of rows) {
    const now = standing(id, of.get(id) ?? []);
    drawRow(row, now);
    if (now.inside !== now.wasInside) {
      present += now.inside ? 1 : -1;
      if (row.dataset.status === "confirmed") arrived += now.inside ? 1 : -1;
    }
  }
  const count = (name, value) => { door.querySelector(`[data-count="${name}"]`).textContent = value.toLocaleString("es-MX"); };
  count("present", present);
  count("arrived", arrived);
  count("confirmed", server.confirmed);
  count("pending", waiting.length);
  door.querySelector("[data-pending]").hidden = waiting.length === 0;
  note("changed", server.confirmed !== Number(door.dataset.confirmed));
  drawConflicts(all.filter((mark) => mark.why));
  drawLatest(of);
}

function drawLatest(of) {
  if (!latest.length) return;
  const section = door.querySelector("[data-latest]"), shown = [];
  for (const id of latest) {
    const now = standing(id, of.get(id) ?? []);
    if (!now.inside || !now.undoable || shown.length === 3) continue;
    const line = part("latest");
    line.querySelector("[data-name]").textContent = nameOf(id);
    line.querySelector("[data-at]").textContent = now.at;
    line.querySelector("button").value = id;
    line.querySelector(".hide").textContent = `: ${nameOf(id)}`;
    shown.push(line);
  }
  section.querySelector("ul").replaceChildren(...shown);
  section.hidden = shown.length === 0;
}

function drawConflicts(refused) {
  const section = door.querySelector("[data-conflicts]");
  section.hidden = refused.length === 0;
  section.querySelector("ul").replaceChildren(...refused.map((mark) => {
    const line = part("conflict");
    line.querySelector("[data-text]").textContent = `${nameOf(mark.id)} (${clock.format(mark.at)}): ${mark.why}`;
    const insist = line.querySelector("[data-insist]");
    if (mark.insist) insist.dataset.key = mark.key; else insist.remove();
    line.querySelector("[data-drop]").dataset.key = mark.key;
    return line;
  }));
}

// --- Marking
function mark(id, came, anyway = false, at = Date.now()) {
  marks.put({ key: newKey(), id, came, anyway, at });
  if (came) latest = [id, ...latest.filter((other) => other !== id)].slice(0, 9);
  says((came ? words.entered : words.undone).replace("{name}", nameOf(id)));
  draw();
  talk();
}

form.addEventListener("submit", (event) => {
  const { name, value } = event.submitter ?? {};
  if (!["entro", "de-todos-modos", "deshacer"].includes(name)) {
    if (!door.querySelector('[data-note="offline"]').hidden) event.preventDefault(); // a walk-in is taken back online
    return;
  }
  event.preventDefault();
  mark(value, name !== "deshacer", name === "de-todos-modos");
});

door.querySelector("[data-conflicts]").addEventListener("click", (event) => {
  const button = event.target.closest("[data-key]");
  const refused = button && marks.all().find((one) => one.key === button.dataset.key);
  if (!refused) return;
  marks.drop(refused.key);
  if ("insist" in button.dataset) mark(refused.id, refused.came, true, refused.at); else draw();
});

// --- Talking with the server: one request at a time, so that no answer arrives out of turn.
let talking = false, again = false;

async function ask(url, options = {}) {
  const answer = await fetch(url, { ...options, redirect: "manual", signal: AbortSignal.timeout(PATIENCE) });
  note("session", answer.type === "opaqueredirect");
  if (answer.type === "opaqueredirect") return null;
  if (answer.status >= 500) throw new Error(`status ${answer.status}`);
  note("refused", !answer.ok);
  return answer.ok ? answer : null;
}

async function send(waiting) {
  const token = document.cookie.match(/(?:^|; )(?:__Host-)?csrftoken=([^;]+)/)?.[1] ?? "";
  const sent = Date.now();
  const all = waiting.map(({ key, id, came, anyway, at }) => ({ key, registration: Number(id), came, anyway, at: Math.min(at, sent) }));
  const answer = await ask(door.dataset.marksUrl, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify({ sent, marks: all }),
  });
  if (!answer) return false;
  const said = await answer.json();
  for (const { key, result, why, insist } of said.answers) {
    const sent = waiting.find((one) => one.key === key);
    if (!sent) continue;
    if (result === "refused") marks.put({ ...sent, why, insist }); else marks.drop(key);
  }
  learn(said.state);
  return true;
}

async function talk() {
  if (talking) { again = true; return; }
  talking = true;
  try {
    do {
      again = false;
      const waiting = marks.all().filter((mark) => !mark.why).slice(0, BATCH);
      if (waiting.length) {
        if (await send(waiting)) again ||= marks.all().some((mark) => !mark.why);
        else break;
      } else {
        const answer = await ask(door.dataset.stateUrl);
        if (answer) learn(await answer.json());
      }
    } while (again);
    note("offline", false);
  } catch {
    note("offline", true);
    if (!heard) server = await recall() ?? server;
  } finally {
    talking = false;
    draw();
  }
}

setInterval(() => { if (!document.hidden) talk(); }, POLL);
addEventListener("online", talk);
document.addEventListener("visibilitychange", () => { if (!document.hidden) talk(); });
addEventListener("storage", draw); // another tab of this browser

// --- Search as you type over the list that is here
const field = door.querySelector("#q");
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const lines = list ? [...list.children].map((row) => [row, fold(row.querySelector(".door-who").textContent)]) : [];
function search() {
  const wanted = fold(field.value).split(/\s+/).filter(Boolean);
  let found = 0;
  for (const [row, text] of lines) {
    row.hidden = !wanted.every((word) => text.includes(word)) || (!wanted.length && row.dataset.status === "cancelled" && !row.querySelector(".door-in"));
    found += row.hidden ? 0 : 1;
  }
  door.querySelector("[data-none]").hidden = found > 0;
  if (door.getBoundingClientRect().top < 0) door.scrollIntoView();
}
// A page that came with words holds only what they found; typing asks for the whole list.
if (!new URLSearchParams(location.search).get("q")) {
  field.addEventListener("input", search);
  door.querySelector("[data-search]").addEventListener("submit", (event) => { event.preventDefault(); search(); });
  door.querySelector("[data-search-button]").hidden = true;
}

// --- Reading codes with the camera, where the browser can
const scan = door.querySelector("[data-scan]");
const camera = door.querySelector("[data-camera]");
const video = camera.querySelector("video");
const cameraSays = (text) => { camera.querySelector("[data-camera-says]").textContent = text; };
let stream = null, lastCode = "", lastAt = 0;

async function canScan() {
  if (!scan || !("BarcodeDetector" in globalThis) || !navigator.mediaDevices?.getUserMedia) return false;
  return (await BarcodeDetector.getSupportedFormats()).includes("qr_code");
}
canScan().then((can) => { if (can) scan.hidden = false; }, () => {});

scan?.addEventListener("click", async () => {
  if (stream) return;
  camera.hidden = false;
  cameraSays(words.aim);
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch (error) {
    cameraSays(error.name === "NotFoundError" || error.name === "OverconstrainedError" ? words.nocamera : words.denied);
    return;
  }
  video.srcObject = stream;
  video.play().catch(() => {});
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  const look = async () => {
    if (!stream) return;
    try { for (const { rawValue } of await detector.detect(video)) read(rawValue); } catch { /* a frame not ready yet */ }
    setTimeout(look, 200);
  };
  look();
});

function read(text) {
  if (text === lastCode && Date.now() - lastAt < 4000) { lastAt = Date.now(); return; }
  [lastCode, lastAt] = [text, Date.now()];
  const code = text.match(/\/gestion\/entrada\/(\d+)-([a-z2-7]{20})\/?$/);
  if (!code) return cameraSays(words.foreign);
  const [, id, seal] = code, row = rows.get(id);
  if (row?.dataset.code !== `${id}-${seal}`) return cameraSays(words.unknown);
  navigator.vibrate?.(80);
  const now = standing(id, marks.all().filter((mark) => !mark.why && mark.id === id));
  if (now.inside) return cameraSays(words.already.replace("{name}", nameOf(id)));
  if (row.dataset.why) {
    row.hidden = false;
    row.scrollIntoView({ block: "center" });
    return cameraSays(`${nameOf(id)}: ${row.dataset.why}`);
  }
  mark(id, true);
  cameraSays(words.entered.replace("{name}", nameOf(id)));
}

function closeCamera() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = video.srcObject = null;
  camera.hidden = true;
  scan.focus();
}
camera.querySelector("[data-camera-close]").addEventListener("click", closeCamera);
addEventListener("pagehide", () => stream?.getTracks().forEach((track) => track.stop()));

// --- This page again without network. What is kept holds names: its name says since when, and static/js/app.js and the
// worker throw it away after two days, and on the page for signing in or out.
const cacheName = (since) => `entrada-${door.dataset.event}-${since}`;
let cache = null;

async function keep() {
  if (!("caches" in globalThis) || !("serviceWorker" in navigator)) return;
  const page = await fetch(location.pathname, { redirect: "manual" });
  // From the cache itself (no network) or a page for signing in: nothing new to keep.
  if (page.type === "opaqueredirect" || !page.ok || page.headers.get("X-From-Cache")) return;
  const name = cacheName(Date.now()), fresh = await caches.open(name);
  await fresh.put(location.pathname, page);
  const parts = performance.getEntriesByType("resource").map((entry) => new URL(entry.name))
    .filter((url) => url.origin === location.origin && !url.pathname.startsWith(location.pathname));
  await Promise.all([...new Set(parts.map(String))].map((url) => fresh.add(url).catch(() => {})));
  cache = fresh;
  if (heard) learn(server);
  for (const old of await caches.keys()) {
    if (old.startsWith(`entrada-${door.dataset.event}-`) && old !== name) await caches.delete(old);
  }
  await navigator.serviceWorker.register(door.dataset.worker);
  door.dataset.kept = "1"; // it opens without network from here on
}
function learn(state) {
  [server, heard] = [state, true];
  cache?.put(door.dataset.stateUrl, Response.json(state)).catch(() => {});
}
async function recall() {
  try { return await (await caches.match(door.dataset.stateUrl))?.json() ?? null; } catch { return null; }
}

draw();
talk();
addEventListener("load", () => keep().catch(() => {}));
if (document.readyState === "complete") keep().catch(() => {});
