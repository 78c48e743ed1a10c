// Questions that depend on another answer: without this module all are in sight, each with its condition in words.
const waiting = [...document.querySelectorAll("[data-depends-on]")];

// What the field of a question holds now; nothing where the question itself is out of sight.
const answers = (name) => [...document.getElementsByName(name)]
  .filter((field) => !field.closest("[data-depends-on][hidden]"))
  .filter((field) => !["radio", "checkbox"].includes(field.type) || field.checked)
  .map((field) => field.value);

// In the order of the page, so that what depends on a hidden question is hidden too.
const show = () => {
  for (const box of waiting) box.hidden = !answers(box.dataset.dependsOn).includes(box.dataset.answer);
};
for (const words of document.querySelectorAll(".asked-when")) words.hidden = true;
document.addEventListener("change", show);
// The browser gives back what was typed before, after the page was drawn.
addEventListener("pageshow", show);
show();
