/** A Worker that replays scenarios of the engine's, and says their traces. Owns nothing else. */
import init, { replay } from "/replay/outrigger_web.js";

const ready = init();

onmessage = async ({ data: { name, scenario } }) => {
  await ready;
  postMessage(await replay(name, scenario));
};
