/** The reporter's page begins here. */

import { render } from "preact";
import { isAgencyId } from "../formats/ids.ts";
import { App } from "./app.ts";
import { deviceProblem, thisDevice } from "./device.ts";
import { begin } from "./opening.ts";
import { watch } from "./safety.ts";
import { Screens } from "./screens.tsx";

const place = document.getElementById("app");
const agency = document.getElementById("agency")?.getAttribute("value") ?? "";
if (place !== null) start(place);

function start(place: HTMLElement): void {
  // What stands there is for browsers that cannot run this.
  place.textContent = "";
  const saved = location.protocol === "file:";
  const app = new App(agency, saved, "id", (changed) => {
    document.documentElement.lang = changed.state.language;
    document.documentElement.dataset.visit = changed.state.ready ? "ready" : "";
    render(<Screens app={changed} state={changed.state} />, place);
  });
  const device = deviceProblem(thisDevice());
  watch(app);
  if (device !== undefined) app.change({ screen: "device", device });
  else if (!isAgencyId(agency)) app.change({ screen: "stopped", stop: { reason: "unfilled", retry: false } });
  else if (saved) app.change({ screen: "offline" });
  else {
    app.change({ screen: "home" });
    begin(app);
  }
}
