/** A Worker that replays one scenario of the engine's, and says its trace. Owns nothing else. */
import init, { replay } from "/replay/outrigger_web.js";

onmessage = async ({ data: { name, scenario } }) => {
  await init();
  postMessage(await replay(name, scenario));
};
