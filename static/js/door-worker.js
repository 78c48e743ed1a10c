// Opens the list at the door again without network. It governs that one address (its own folder) and keeps nothing by
// itself: the page fills the cache (static/js/door.js), whose name says since when.
const TWO_DAYS = 48 * 3600 * 1000, PATIENCE = 5000;
const page = new URL(self.registration.scope).pathname;
const prefix = `entrada-${page.match(/(\d+)\/entrada\/$/)[1]}-`;

async function kept() {
  let newest = null;
  for (const name of await caches.keys()) {
    if (!name.startsWith("entrada-")) continue;
    const since = Number(name.split("-")[2]);
    if (since < Date.now() - TWO_DAYS) await caches.delete(name);
    else if (name.startsWith(prefix) && !(newest && Number(newest.split("-")[2]) > since)) newest = name;
  }
  return newest && caches.open(newest);
}

async function find(request) {
  const cache = await kept();
  return cache && cache.match(request, { ignoreSearch: new URL(request.url).pathname === page, ignoreVary: true });
}

async function networkFirst(request) {
  const copy = await find(request);
  try {
    const options = copy ? { signal: AbortSignal.timeout(PATIENCE) } : {};
    return await fetch(request, options);
  } catch (error) {
    if (!copy) throw error;
    const headers = new Headers(copy.headers);
    headers.set("X-From-Cache", "1");
    return new Response(await copy.blob(), { status: copy.status, headers });
  }
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(Promise.all([self.clients.claim(), kept()])));
self.addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname === page) event.respondWith(networkFirst(request));
  else if (!url.pathname.startsWith(page)) event.respondWith(find(request).then((copy) => copy ?? fetch(request)));
});
