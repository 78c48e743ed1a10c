// The page of an event: the hour where the reader is, and the device's own way to share.
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;

const wall = (moment, zone, options) => new Intl.DateTimeFormat(language, { timeZone: zone, ...options }).format(moment);
const clock = (moment, zone) => wall(moment, zone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = (moment, zone) => wall(moment, zone, { weekday: "long", day: "numeric", month: "long" });
const date = (moment, zone) => wall(moment, zone, { day: "numeric", month: "long" });
const moments = (moment, zone) => day(moment, zone) + clock(moment, zone);

// Only where neither zone that the page names gives the same hour: many zones have different names and one clock.
for (const place of document.querySelectorAll("[data-own-time]")) {
  const { ownTime, zones, start, end, point, span, later } = place.dataset;
  const begins = new Date(start);
  const named = zones.split(" ").filter(Boolean);
  if (!own || named.some((zone) => moments(begins, zone) === moments(begins, own))) continue;
  const ends = end && new Date(end);
  const shape = !ends ? point : day(ends, own) === day(begins, own) ? span : later;
  let time = shape.replace("{start}", clock(begins, own));
  if (ends) time = time.replace("{end}", clock(ends, own)).replace("{day}", date(ends, own));
  if (day(begins, own) !== day(begins, named[0])) time = `${day(begins, own)}, ${time}`;
  const words = new Intl.DateTimeFormat(language, { timeZone: own, timeZoneName: "long" }).formatToParts(begins);
  const zone = words.find((part) => part.type === "timeZoneName").value;
  place.textContent = ownTime.replace("{zone}", zone).replace("{time}", time);
  place.hidden = false;
}

for (const button of document.querySelectorAll("[data-share]")) {
  const { share: url, shareTitle: title, shareText: text } = button.dataset;
  if (!navigator.canShare?.({ url, title, text })) continue;
  button.hidden = false;
  button.addEventListener("click", () => navigator.share({ url, title, text }).catch((error) => {
    if (error.name !== "AbortError") throw error;
  }));
}
