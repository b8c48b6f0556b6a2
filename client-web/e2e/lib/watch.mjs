// What may never happen while a page is used: a request to elsewhere, a trace on the device, a plain word on the line.

import assert from "node:assert/strict";

/** Watches a page from its opening on. */
export function watch(page, origin) {
  const strays = [];
  const faults = [];
  page.on("request", (request) => {
    const address = request.url();
    if (!address.startsWith(`${origin}/`) && !/^(?:data|blob):/.test(address)) strays.push(address);
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    if (/Content.Security.Policy/i.test(message.text())) faults.push(message.text());
  });
  return {
    /** Fails if a request left the origin, or the page threw. */
    check() {
      assert.deepEqual(strays, [], "requests that leave the origin");
      assert.deepEqual(faults, [], "errors of the page");
    },
  };
}

/** Fails if any of these words is in what passed the gate: address, headers or body, in any usual writing. */
export function checkLine(requests, words) {
  for (const { method, path, headers, body } of requests) {
    const line = `${method} ${path} ${JSON.stringify(headers)} `;
    const whole = Buffer.concat([Buffer.from(line), body ?? Buffer.alloc(0)]);
    for (const written of words.flatMap(writings)) {
      assert.ok(!whole.includes(written), `"${written}" in ${method} ${path}`);
    }
  }
}

/** Fails if the device keeps anything, or one of these words shows outside of the screen. */
export async function checkDevice(page, words) {
  const kept = await page.evaluate(async () => {
    const look = async (read) => {
      try {
        return await read();
      } catch {
        return [];
      }
    };
    return {
      cookies: document.cookie,
      local: await look(() => Object.entries(localStorage)),
      session: await look(() => Object.entries(sessionStorage)),
      databases: await look(async () => (await indexedDB.databases()).map(({ name }) => name)),
      caches: await look(() => globalThis.caches?.keys() ?? []),
      workers: await look(async () => (await navigator.serviceWorker.getRegistrations()).length || []),
      shown: [
        location.href,
        document.title,
        JSON.stringify(history.state),
        window.name,
        document.referrer,
      ].join(" "),
      entries: history.length,
    };
  });
  const { shown, entries, ...stores } = kept;
  const nothing = { cookies: "", local: [], session: [], databases: [], caches: [], workers: [] };
  assert.deepEqual(stores, nothing, "the device keeps something");
  for (const written of words.flatMap(writings)) {
    assert.ok(!shown.includes(written), `"${written}" in ${shown}`);
  }
  return entries;
}

/** Returns the writings in which a word could pass: as it is, in addresses, in base64 at each of three places. */
export function writings(word) {
  const bytes = Buffer.from(word);
  const inBase64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
    // The symbols that also hold bits of what stands beside the word are left away.
    return text.slice(shift === 0 ? 0 : shift + 1, -4);
  });
  const utf16 = Buffer.from(word, "utf16le").toString("latin1");
  return [...new Set([word, word.toLowerCase(), encodeURIComponent(word), utf16, ...inBase64])].filter(
    (t) => t.length >= 4,
  );
}

/** Returns what an observer of the line sees of a visit: method, path with digits as 0, length of the body. */
export function shapeOf(requests) {
  return requests.map(({ method, path, body }) => {
    const names = path.replace(/[0-9]/g, "0");
    return `${method} ${names} ${body?.length ?? 0}`;
  });
}

/** Returns what a visit of the page looks like beside its own documents: the headers, too. */
export function headersOf(requests) {
  return requests.map(({ headers }) =>
    Object.entries(headers).map(([name, value]) => `${name}: ${String(value).length}`),
  );
}
