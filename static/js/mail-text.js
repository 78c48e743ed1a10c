// The preview of a mail's words follows what is typed. Without this, its button asks for it.
const form = document.getElementById("texto");
const button = form.querySelector("[formtarget]");

// Each preview comes in a frame of its own that takes the place of the last: «Atrás» leaves the page at once. One that
// comes after a newer one was asked for is thrown away.
let newest = null;
const show = () => {
  const old = document.querySelector(".mail-frame");
  const fresh = old.cloneNode();
  fresh.removeAttribute("src");
  fresh.name = `vista-${Date.now()}`;
  fresh.hidden = true;
  newest = fresh;
  old.after(fresh);
  const draft = document.createElement("form");
  Object.assign(draft, { method: "post", action: button.formAction, target: fresh.name, hidden: true });
  for (const [name, value] of new FormData(form)) {
    const field = document.createElement("textarea");
    Object.assign(field, { name, value });
    draft.append(field);
  }
  document.body.append(draft);
  fresh.addEventListener("load", () => {
    if (fresh !== newest) return fresh.remove();
    for (const frame of document.querySelectorAll(".mail-frame")) if (frame !== fresh) frame.remove();
    fresh.hidden = false;
  });
  draft.submit();
  draft.remove();
};

let soon;
form.addEventListener("input", () => {
  clearTimeout(soon);
  soon = setTimeout(show, 500);
});
button.addEventListener("click", (event) => {
  event.preventDefault();
  show();
});
