/** Keeps the screen on while something is sent: phones put pages to sleep that nobody touches. */

/** The part of a browser that keeps a screen on. Tor Browser has none, nor has any page outside of a secure context. */
export interface Screens {
  request(kind: "screen"): Promise<{ release(): Promise<void> }>;
}

/** The part of a document that tells whether it is seen: browsers let go of the screen when it is not. */
export type Seen = Pick<Document, "visibilityState" | "addEventListener" | "removeEventListener">;

/** Keeps the screen on, where that is possible, until the returned function is called. */
export function stayAwake(screens: Screens | undefined, page: Seen): () => void {
  if (screens === undefined) return () => undefined;
  let isOver = false;
  let held: Promise<void> = Promise.resolve();
  let release = () => Promise.resolve();
  const hold = () => {
    if (page.visibilityState !== "visible") return;
    held = held
      .then(async () => {
        await release();
        if (isOver) return;
        const lock = await screens.request("screen");
        release = () => lock.release();
        if (isOver) await release();
      }, ignore)
      .catch(ignore);
  };
  hold();
  page.addEventListener("visibilitychange", hold);
  return () => {
    isOver = true;
    page.removeEventListener("visibilitychange", hold);
    held.then(() => release()).catch(ignore);
  };
}

/** A screen that goes dark is a nuisance, not a failure. */
function ignore(): void {}
