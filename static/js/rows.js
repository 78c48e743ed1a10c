// A row added to a list without leaving the page: a browser would not keep the files that were chosen.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[name=agregar]");
  if (!button) return;
  event.preventDefault();
  const form = button.form;
  try {
    const data = new FormData(form, button);
    for (const file of form.querySelectorAll("[type=file]")) data.delete(file.name);
    const answer = await fetch(location.href, { method: "POST", body: data });
    const list = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(button.value);
    const total = form.elements[`${button.value}-TOTAL_FORMS`];
    const row = [...list.querySelectorAll(".form-row")].at(-1);
    if (!answer.ok || list.querySelectorAll(".form-row").length !== Number(total.value) + 1) throw new Error("no new row");
    button.parentElement.before(row);
    total.value = Number(total.value) + 1;
    form.dataset.dirty = "1";
    row.querySelector("input:not([type=hidden]), select, textarea").focus();
  } catch {
    form.requestSubmit(button);
  }
});
