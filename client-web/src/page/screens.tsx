/** Which screen is shown. */

import type { ComponentType } from "preact";
import { type ScreenProps, Top } from "./parts/frame.tsx";
import { DeviceScreen, ExitWarning, Help, Idle, Key, Offline, Stopped } from "./screens/asides.tsx";
import { FormScreen } from "./screens/form.tsx";
import { Inbox, LetterScreen, Return } from "./screens/inbox.tsx";
import { Close, Closed, EvidenceMore, Reply } from "./screens/later.tsx";
import { Desks, Review } from "./screens/review.tsx";
import { Done, ReceiptScreen, Retype, SendingScreen, Slip } from "./screens/sending.tsx";
import { Before, Home, SelfCheck, Waiting } from "./screens/start.tsx";
import type { Screen, State } from "./state.ts";

const screens: Record<Exclude<Screen, "gone">, ComponentType<ScreenProps>> = {
  checking: Waiting,
  device: DeviceScreen,
  stopped: Stopped,
  home: Home,
  before: Before,
  "self-check": SelfCheck,
  desks: Desks,
  form: FormScreen,
  review: Review,
  sending: SendingScreen,
  receipt: ReceiptScreen,
  retype: Retype,
  done: Done,
  return: Return,
  inbox: Inbox,
  letter: LetterScreen,
  reply: Reply,
  "evidence-more": EvidenceMore,
  close: Close,
  closed: Closed,
  key: Key,
  help: Help,
  offline: Offline,
  "exit-warning": ExitWarning,
  idle: Idle,
};

/** The whole page for a state. */
export function Screens({ app, state }: ScreenProps & { state: State }) {
  if (state.screen === "gone") return null;
  const Shown = screens[state.screen];
  return (
    <>
      <Top app={app} />
      <Shown app={app} key={state.screen} />
      <Slip app={app} />
    </>
  );
}
