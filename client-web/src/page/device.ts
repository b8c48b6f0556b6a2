/** Whether this browser is safe and able enough, judged before the first question. Nothing of it is sent. */

/** Why a browser is turned away. */
export type DeviceProblem = "in-app" | "opera-mini" | "old";

/** What of a browser is looked at. */
export interface Device {
  userAgent: string;
  /** Whether it has a generator for secrets. */
  random: boolean;
  /** Whether it has what reading, locking and sending need. */
  able: boolean;
}

/** Browsers inside of other programs: those programs can read what is typed. */
const inApp =
  /\b(?:Instagram|FBAN|FBAV|FB_IAB|FBIOS|Messenger|TikTok|musical_ly|BytedanceWebview|trill_|Line\/|WhatsApp|Telegram|Twitter|Snapchat|Pinterest|LinkedInApp|MicroMessenger|KAKAOTALK|GSA\/|Discord)|; wv\)/i;

/** Pages are drawn on the maker's servers, in clear. */
const operaMini = /Opera Mini|OPiOS|Opera\/9\.80 .*Mini|Presto\/.*Mini/i;

/** Returns why this browser cannot be used. */
export function deviceProblem(device: Device): DeviceProblem | undefined {
  if (operaMini.test(device.userAgent)) return "opera-mini";
  if (inApp.test(device.userAgent) || isBareWebView(device.userAgent)) return "in-app";
  return device.random && device.able ? undefined : "old";
}

/** Looks at the browser at hand. */
export function thisDevice(): Device {
  return {
    userAgent: navigator.userAgent,
    random: typeof globalThis.crypto?.getRandomValues === "function",
    able:
      typeof BigInt === "function" &&
      typeof Blob === "function" &&
      typeof Blob.prototype.arrayBuffer === "function" &&
      typeof Blob.prototype.slice === "function" &&
      typeof fetch === "function" &&
      typeof AbortController === "function" &&
      typeof MessageChannel === "function" &&
      typeof ReadableStream === "function" &&
      typeof TransformStream === "function" &&
      typeof TextDecoder === "function" &&
      // Without it a visit that only reads would end without its upload, and differ from one that writes.
      "keepalive" in Request.prototype,
  };
}

/** On iOS a browser says "Safari"; a view inside of another program does not. */
function isBareWebView(userAgent: string): boolean {
  return /\((?:iPhone|iPad|iPod)/.test(userAgent) && !/Safari\//.test(userAgent);
}
