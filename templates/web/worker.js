// Pages come from the network. Without one, this page says so, drawn with files kept when the worker was installed.
const CACHE = "portal-{{ version }}", PAGE = "{{ page }}";
const FILES = [{% for file in files %}"{{ file }}"{% if not forloop.last %}, {% endif %}{% endfor %}];

async function keep() {
  const cache = await caches.open(CACHE);
  await cache.addAll([new Request(PAGE, { credentials: "omit" }), ...FILES]);
  await self.skipWaiting();
}

async function takeOver() {
  for (const name of await caches.keys()) if (name.startsWith("portal-") && name !== CACHE) await caches.delete(name);
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
}

async function open(event) {
  try {
    return (await event.preloadResponse) ?? await fetch(event.request);
  } catch (error) {
    const kept = await caches.match(PAGE);
    if (!kept) throw error;
    return kept;
  }
}

self.addEventListener("install", (event) => {
  // What is not a page goes straight to the network where the browser can be told so: no detour, and nothing that a page
  // sends while it is being left is lost on the way.
  event.addRoutes?.([
    { condition: { urlPattern: new URLPattern({ pathname: "/static/*" }) }, source: { cacheName: CACHE } },
    { condition: { not: { requestMode: "navigate" } }, source: "network" },
  ])?.catch(() => {});
  event.waitUntil(keep());
});
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(open(event));
  else if (FILES.includes(new URL(request.url).pathname)) {
    event.respondWith(caches.match(request, { ignoreVary: true }).then((kept) => kept ?? fetch(request)));
  }
});
