// The form of a new event: series and format propose the next number, until the person writes one.
const numbers = JSON.parse(document.getElementById("siguientes").textContent);
const [series, format, number] = ["series", "format", "number_in_series"].map((name) => document.querySelector(`[name=${name}]`));
let own = number.value !== "";
const propose = () => {
  if (!own) number.value = series.value && format.value ? numbers[series.value]?.[format.value] ?? 1 : "";
};
number.addEventListener("input", () => { own = number.value !== ""; });
series.addEventListener("change", propose);
format.addEventListener("change", propose);
propose();
