// The month by keyboard: one stop for Tab, arrows from day to day, Home and End in the week, Page Up and Page Down to the
// month before and after. Without it every day is a link of its own; the table stays a table either way.
const days = [...document.querySelectorAll(".cal-number")];
const table = document.querySelector(".cal");

function stopAt(day) {
  for (const other of days) other.tabIndex = other === day ? 0 : -1;
}

function turn(direction, number) {
  const link = document.querySelector(`.cal-head a[rel=${direction}]`);
  if (link) location.assign(`${link.href}#dia-${number}`);
}

table.addEventListener("keydown", (event) => {
  const at = days.indexOf(event.target);
  if (at < 0 || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const week = [...event.target.closest("tr").querySelectorAll(".cal-number")];
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
  let next = null;
  if (event.key in steps) next = days[at + steps[event.key]];
  else if (event.key === "Home") next = week[0];
  else if (event.key === "End") next = week.at(-1);
  else if (event.key === "PageUp") turn("prev", at + 1);
  else if (event.key === "PageDown") turn("next", at + 1);
  else return;
  event.preventDefault();
  next?.focus();
});
table.addEventListener("focusin", (event) => { if (days.includes(event.target)) stopAt(event.target); });

const asked = /^#dia-(\d+)$/.exec(location.hash);
if (asked) days[Math.min(Number(asked[1]), days.length) - 1]?.focus();
else stopAt(document.querySelector(".cal-number[aria-current]") ?? days[0]);
