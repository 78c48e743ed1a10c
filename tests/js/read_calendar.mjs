// Reads a calendar from standard input with ical.js and says what it understood, as JSON.
// The argument is the folder that the package was installed in.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const library = createRequire(`${process.argv[2]}/`)("ical.js");
const ICAL = library.default ?? library;

const moment = (time) => (time.isDate ? time.toString() : new Date(time.toUnixTime() * 1000).toISOString());
const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
const events = calendar.getAllSubcomponents("vevent").map((component) => {
  const event = new ICAL.Event(component);
  return {
    uid: event.uid,
    summary: event.summary,
    description: event.description,
    location: event.location,
    start: moment(event.startDate),
    end: moment(event.endDate),
    sequence: event.sequence,
    modified: moment(component.getFirstPropertyValue("last-modified")),
    status: component.getFirstPropertyValue("status"),
    url: component.getFirstPropertyValue("url"),
    geo: component.getFirstPropertyValue("geo"),
    categories: component.getFirstProperty("categories").getValues(),
  };
});
process.stdout.write(JSON.stringify({ name: calendar.getFirstPropertyValue("x-wr-calname"), events }));
