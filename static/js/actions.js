// The form of an action: choosing a sector proposes its pathway, until the person chooses one.
const sector = document.querySelector("select[name=sector]");
const pathway = document.querySelector("select[name=pathway]");
let chosen = pathway?.value !== "";
pathway?.addEventListener("change", () => { chosen = pathway.value !== ""; });
sector?.addEventListener("change", () => {
  if (!chosen) pathway.value = sector.selectedOptions[0]?.dataset.proposes ?? "";
});
