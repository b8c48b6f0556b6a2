// Browsers as people have them: Chromium, and Firefox set as Tor Browser sets itself at the level "Safer".

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import puppeteer from "puppeteer-core";

/** The name under which pages are opened: not a secure context, as onion services are not everywhere. */
export const HOST = "kotak.test";

/** Starts a browser; `phone` and `desk` are the sizes of windows. */
export function launch(name, socks) {
  return name === "firefox" ? launchFirefox() : launchChromium(socks);
}

function launchChromium(socks) {
  // Names go to the proxy as they are; looking one up here would betray it.
  const way =
    socks === undefined
      ? [`--host-resolver-rules=MAP ${HOST} 127.0.0.1, MAP * ~NOTFOUND`]
      : [
          `--proxy-server=socks5://${socks}`,
          "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
          // An onion service is not asked for TLS first.
          "--disable-features=HttpsUpgrades",
        ];
  return puppeteer.launch({
    executablePath: "/usr/bin/chromium",
    pipe: true,
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", ...way],
  });
}

/** Starts Chromium as a person does, with a profile that stays: none of what drivers switch off is switched off. */
export function launchWithProfile(home) {
  const folders = { HOME: home, TMPDIR: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home };
  return puppeteer.launch({
    executablePath: "/usr/bin/chromium",
    pipe: true,
    ignoreDefaultArgs: true,
    env: { ...process.env, ...folders },
    args: [
      "--headless=new",
      "--no-sandbox",
      "--no-first-run",
      "--remote-debugging-pipe",
      "--enable-automation",
      `--user-data-dir=${home}/profile`,
      `--host-resolver-rules=MAP ${HOST} 127.0.0.1, MAP * ~NOTFOUND`,
      "about:blank",
    ],
  });
}

function launchFirefox() {
  return puppeteer.launch({
    browser: "firefox",
    executablePath: "/usr/bin/firefox-esr",
    extraPrefsFirefox: {
      "privacy.resistFingerprinting": true,
      "javascript.options.ion": false,
      "javascript.options.baselinejit": false,
      "javascript.options.wasm": false,
      "javascript.options.native_regexp": false,
      "network.dns.localDomains": HOST,
      "browser.download.dir": mkdtempSync(join(tmpdir(), "bisik-down-")),
      "browser.download.folderList": 2,
    },
  });
}
