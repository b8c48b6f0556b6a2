/** Long work in pieces, so that a page stays responsive where a browser runs without a compiler. */

/**
 * Lets the browser draw and take input. A message is used because timers are slowed down to one a second in a page
 * that nobody looks at.
 */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
