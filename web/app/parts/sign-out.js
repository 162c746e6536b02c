/**
 * Signing out: where something waits, what is to become of it is asked first.
 *
 * Owns the question. Never throws anything away that was not named.
 */
import { counted, whatWentWrong } from "../words.js";
import { ask } from "./dialog.js";
import { toast } from "./toast.js";

/** @param {import("../../package/index.js").Client} client */
export async function signOut(client) {
  const { pending, failed } = client.state.current;
  const answer = pending + failed === 0 ? await plainly() : await whatWaits(pending, failed);
  if (!answer) return;
  try {
    await client.signOut(answer);
  } catch (error) {
    toast(`You are still signed in. ${whatWentWrong(error)}`);
  }
}

function plainly() {
  return ask({
    title: "Sign out?",
    words: ["Everything you wrote has arrived."],
    answers: [{ answer: /** @type {const} */ ("send"), label: "Sign out", kind: "primary" }],
  });
}

/**
 * @param {number} pending
 * @param {number} failed
 */
function whatWaits(pending, failed) {
  const waits = [pending > 0 && `${counted(pending, "change")} not sent yet`, failed > 0 && `${counted(failed, "change")} that could not be sent`].filter(Boolean).join(" and ");
  /** @type {{ answer: "send" | "keep" | "discard", label: string, kind?: "primary" | "danger" }[]} */
  const answers = [
    { answer: "discard", label: "Discard", kind: "danger" },
    { answer: "keep", label: "Keep" },
  ];
  // What has failed is not sent by waiting for it.
  if (pending > 0) answers.push({ answer: "send", label: "Send first", kind: "primary" });
  const ways = pending > 0 ? "Send it first, keep it here until you sign in again, or discard it for good." : "Keep it here until you sign in again, or discard it for good.";
  return ask({ title: "Sign out?", words: [`On this device there is ${waits}. ${ways}`], answers });
}
