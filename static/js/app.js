// Small comforts; every page works without them.
navigator.serviceWorker?.register("/sw.js").catch(() => {});  // says what is the matter where there is no connection
document.documentElement.classList.add("js");

// A strip of tabs that scrolls begins where one is.
for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
  const strip = tab.closest(".tabs");
  strip.scrollLeft = tab.offsetLeft - (strip.clientWidth - tab.offsetWidth) / 2;
}

// A form that takes longer than 300 ms says so, and is not sent twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "get" || event.submitter?.formTarget) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  delete form.dataset.dirty;
  const button = event.submitter;
  setTimeout(() => { button?.classList.add("is-waiting"); form.setAttribute("aria-busy", "true"); }, 300);
});
// Coming back with the browser's «Atrás» gives the form back.
addEventListener("pageshow", () => {
  for (const form of document.forms) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
    form.querySelectorAll(".is-waiting").forEach((button) => button.classList.remove("is-waiting"));
  }
});

// What is wrong with a form is read first.
document.getElementById("errores")?.focus();

// Leaving a form with unsaved changes asks first.
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-guard]");
  if (form) form.dataset.dirty = "1";
});
addEventListener("beforeunload", (event) => {
  if (document.querySelector("form[data-guard][data-dirty]")) event.preventDefault();
});

// Copy a field.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  await navigator.clipboard.writeText(field.value);
  const label = button.querySelector("span");
  const before = label.textContent;
  label.textContent = button.dataset.done;
  setTimeout(() => { label.textContent = before; }, 2000);
});

// Work lists: a filter applies as soon as it is chosen. Words wait for Enter.
document.addEventListener("change", (event) => {
  const form = event.target.closest(".work form[data-autosubmit]");
  if (form && event.target.matches("select, [type=checkbox], [type=radio]")) form.requestSubmit();
});

// An open menu closes with Escape and when the reader looks elsewhere.
const menu = document.querySelector("details.menu");
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && menu?.open) { menu.open = false; menu.querySelector("summary").focus(); }
});
document.addEventListener("click", (event) => {
  if (menu?.open && !menu.contains(event.target)) menu.open = false;
});

// A link to a section that is folded opens it; one to something inside it is opened by the browser.
function unfold() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target?.matches("details.fold")) target.open = true;
}
addEventListener("hashchange", unfold);
unfold();

// After a refused form the reader starts at the list of errors.
document.querySelector(".error-summary")?.focus();

// Show what is typed in a password field.
document.addEventListener("change", (event) => {
  const box = event.target.closest("[data-reveal]");
  if (box) document.getElementById(box.dataset.reveal).type = box.checked ? "text" : "password";
});

// The list at the door keeps names in this browser, to open without network: gone after two days, and where one signs in
// or out. Marks that were not sent yet hold no names, stay, and are told.
const signing = /\/cuenta\/(login|logout)\/$/.test(location.pathname);
// What was typed and not saved is the account's: signing out takes it from this browser.
if (/\/cuenta\/logout\/$/.test(location.pathname)) {
  document.querySelector("main form")?.addEventListener("submit", () => {
    try {
      for (const name of Object.keys(localStorage)) if (name.startsWith("accion:")) localStorage.removeItem(name);
    } catch { /* it kept nothing */ }
  });
}
globalThis.caches?.keys().then((names) => {
  const kept = names.filter((name) => name.startsWith("entrada-"));
  const old = kept.filter((name) => signing || Number(name.split("-")[2]) < Date.now() - 48 * 3600 * 1000);
  return Promise.all(old.map((name) => caches.delete(name)));
}).catch(() => {});
const unsent = document.querySelector("[data-unsent-marks]");
if (unsent) {
  try {
    const event = Object.keys(localStorage).find((name) => name.startsWith("entrada:"))?.split(":")[1];
    if (event && !document.getElementById("puerta")) {
      unsent.querySelector("a").href = unsent.dataset.unsentMarks.replace("/0/", `/${event}/`);
      unsent.hidden = false;
    }
  } catch { /* a browser that keeps nothing has nothing to send */ }
}
