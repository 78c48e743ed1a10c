// What is typed is kept: at once in this browser, and a moment later with the portal. Files are not, and the page says so.
const form = document.getElementById("accion");
const { typedUrl, typedKey, typedAt } = form.dataset;
const found = document.getElementById("texto-recuperado");
const line = document.getElementById("estado-texto");
const fileField = form.elements.evidence_file;
const KEPT_FOR = 30 * 24 * 3600 * 1000;
const NOT_KEPT = new Set(["csrfmiddlewaretoken", "then", "related_words"]);
// When the portal last had what this page shows, by its own clock: clocks of phones are not to be believed.
let base = Number(typedAt || 0);
let timer, sending, changed = 0;

const say = (words) => { line.textContent = words; line.hidden = false; };

// --- This browser. One that keeps nothing is told apart: "" is nothing kept, null is no memory.
const local = () => { try { return JSON.parse(localStorage.getItem(typedKey) ?? '""'); } catch { return null; } };
const forget = () => { try { localStorage.removeItem(typedKey); } catch { /* it kept nothing */ } };
const keep = (more = {}) => {
  const fields = [...new FormData(form)].filter(([name, value]) => !NOT_KEPT.has(name) && typeof value === "string");
  const files = fileField?.files.length ? [...fileField.files].map((file) => file.name) : [];
  try {
    localStorage.setItem(typedKey, JSON.stringify({ at: Date.now(), base, unsynced: true, fields, files, ...more }));
    if (!files.length) delete form.dataset.dirty;
    return true;
  } catch { return false; }
};

const fill = (fields) => {
  const values = new Map();
  for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), value]);
  for (const field of form.elements) {
    if (!field.name || NOT_KEPT.has(field.name) || field.type === "file" || field.type === "submit") continue;
    const typed = values.get(field.name) ?? [];
    if (["radio", "checkbox"].includes(field.type)) field.checked = typed.includes(field.value);
    else if (typed.length) [field.value] = typed;
    const fold = field.closest("details");
    if (fold && typed.length && field.type !== "hidden" && (field.checked || (field.type !== "checkbox" && field.value
      && field.value !== field.defaultValue && field.tagName !== "SELECT"))) fold.open = true;
  }
};

// --- The portal
const sync = async () => {
  if (!navigator.onLine) return offline();
  const body = new FormData(form), mine = changed;
  for (const name of [...body.keys()]) if (typeof body.get(name) !== "string") body.delete(name);
  body.delete("then");
  sending?.abort();
  sending = new AbortController();
  say(form.dataset.saidSaving);
  try {
    const answer = await fetch(typedUrl, { method: "POST", body, signal: sending.signal, redirect: "error" });
    if (answer.status === 410) { forget(); line.hidden = true; return; }
    if (!answer.ok) throw new Error(answer.status);
    const saved = await answer.json();
    if (mine !== changed) return;
    // It stays here until a page comes back that has it: one that is on its way already may be older.
    base = Date.parse(saved.saved_at);
    keep({ unsynced: false });
    if (!fileField?.files.length) delete form.dataset.dirty;
    say(form.dataset.saidSaved);
  } catch (error) {
    if (error.name !== "AbortError") offline();
  }
};
const offline = () => say(local() ? form.dataset.saidOffline : form.dataset.saidNowhere);

form.addEventListener("input", (event) => {
  if (NOT_KEPT.has(event.target.name)) return;
  changed += 1;
  // After app.js has marked the form: what is kept need not be asked about when leaving.
  setTimeout(() => { name(); keep(); if (!navigator.onLine) offline(); });
  clearTimeout(timer);
  timer = setTimeout(sync, 1200);
});
addEventListener("online", () => { if (local()?.unsynced) sync(); });
addEventListener("offline", () => { if (changed) offline(); });
// A phone that is put away may never come back to this page.
document.addEventListener("visibilitychange", () => { if (document.hidden && local()?.unsynced && navigator.onLine) sync(); });

fileField?.addEventListener("change", () => {
  document.getElementById("aviso-archivo").hidden = !fileField.files.length;
});

form.addEventListener("submit", (event) => {
  if (event.submitter?.value === "search") return;
  clearTimeout(timer);
  if (!navigator.onLine) {
    event.preventDefault();
    keep();
    return say(form.dataset.saidWait);
  }
  sending?.abort();
  if (changed || local()) keep({ sent: true });
}, true);

found.addEventListener("submit", forget);

// --- Each new form has its own key: its address says it once something was typed, so that the page finds it again.
const isNew = typedKey.includes(":nueva:");
const name = () => {
  const address = new URL(location.href);
  if (!isNew || address.searchParams.has("borrador")) return;
  address.searchParams.set("borrador", typedKey.split(":").pop());
  history.replaceState(null, "", address);
};

// --- What this browser has of other new forms and the portal does not list; what is of another account goes.
const wasSaved = async (fields) => {
  const body = new FormData();
  for (const [field, value] of fields) body.append(field, value);
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  try { return (await fetch(typedUrl, { method: "POST", body })).status === 410; } catch { return false; }
};
const others = async () => {
  const box = document.getElementById("sin-guardar");
  const [, user] = typedKey.split(":");
  const place = typedKey.split(":").slice(0, 3).join(":");
  for (const key of Object.keys(localStorage).filter((one) => one.startsWith("accion:"))) {
    if (key.split(":")[1] !== user) { localStorage.removeItem(key); continue; }
    if (!box || key === typedKey || !key.startsWith(`${place}:nueva:`)) continue;
    const kept = JSON.parse(localStorage.getItem(key));
    if (kept.at < Date.now() - KEPT_FOR) localStorage.removeItem(key);
    const href = box.dataset.href + key.split(":").pop();
    if (!kept.unsynced || kept.at < Date.now() - KEPT_FOR || box.querySelector(`a[href="${href}"]`)) continue;
    // Sent, and then the page of the action came: the portal knows whether it arrived.
    if (kept.sent && await wasSaved(kept.fields)) { localStorage.removeItem(key); continue; }
    const link = Object.assign(document.createElement("a"), { href });
    link.textContent = kept.fields.find(([field]) => field === "title")?.[1] || box.dataset.untitled;
    const line = document.createElement("li");
    line.append(link);
    box.querySelector("ul").append(line);
    box.hidden = false;
  }
};

// --- Coming back
const restore = () => {
  const kept = local();
  if (!kept) return;
  const version = kept.fields.find(([name]) => name === "version")?.[1] ?? "";
  const key = kept.fields.find(([name]) => name === "request_key")?.[1] ?? "";
  // The portal's page has it already; or somebody typed on elsewhere, later; or it was saved or discarded elsewhere.
  const known = kept.unsynced ? base > kept.base && kept.at < base : base >= kept.base;
  const gone = !kept.unsynced && !base && kept.at < Date.now() - 60000;
  const old = kept.at < Date.now() - KEPT_FOR || (base && known) || gone;
  // It was sent, and the page that came back is of a newer version: then it was stored.
  const stored = kept.sent && version && version !== form.elements.version.value;
  if (old || stored) return forget();
  // A refused form shows what was sent already; a new one that was sent is asked for by its key.
  if (form.hasAttribute("data-bound")) return;
  const before = form.elements.request_key?.value;
  fill(kept.fields);
  found.hidden = false;
  if (kept.files.length) {
    const lost = document.getElementById("archivo-perdido");
    lost.hidden = false;
    lost.querySelector("span").textContent = kept.files.join(", ");
  }
  changed += 1;
  if (!kept.sent || !key) return sync();
  // Sent, and nobody knows whether it arrived: the portal does.
  const body = new FormData(form);
  body.delete("evidence_file");
  fetch(typedUrl, { method: "POST", body }).then((answer) => {
    if (answer.status !== 410) return sync();
    forget();
    form.reset();
    form.elements.request_key.value = before;
    found.hidden = true;
  }).catch(offline);
};
restore();
others().catch(() => { /* it kept nothing, or nothing that can be read */ });

// --- Related actions are looked for without leaving the page: a browser would not keep the file that was chosen.
const search = async (button) => {
  try {
    const body = new FormData(form, button);
    body.delete("evidence_file");
    const answer = await fetch(location.href, { method: "POST", body });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("relacionadas");
    const here = document.querySelector("#relacionadas .fold-body");
    if (!answer.ok || !fresh) throw new Error("no answer");
    here.replaceChildren(...fresh.querySelector(".fold-body").children);
    form.elements.related_words.focus();
  } catch { offline(); }
};
const searchButton = () => form.querySelector("button[name=then][value=search]");
form.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button !== searchButton() || !button) return;
  event.preventDefault();
  search(button);
});
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.name !== "related_words") return;
  event.preventDefault();
  search(searchButton());
});

// --- The point where one stands
form.querySelector("[data-my-place]")?.addEventListener("click", (event) => {
  const button = event.currentTarget, status = button.parentElement.querySelector("[role=status]");
  const refused = () => { status.textContent = button.dataset.saidRefused; };
  if (!navigator.geolocation) return refused();
  navigator.geolocation.getCurrentPosition(({ coords }) => {
    form.elements.point.value = `${coords.latitude.toFixed(5)}, ${coords.longitude.toFixed(5)}`;
    form.elements.point.dispatchEvent(new Event("input", { bubbles: true }));
    status.textContent = "";
  }, refused, { enableHighAccuracy: true, timeout: 15000 });
});
