/**
 * The panel: how the queue stands, what failed and why, what waits, what is uploaded, when it goes on.
 *
 * Owns its elements, as a dialog over the page or as a section within it. Decides nothing and does nothing by itself: it calls `act`.
 */
import { pill } from "../pill.js";
import { Countdown } from "./countdown.js";
import { button, element, setText } from "./dom.js";
import { icon, spinner } from "./icons.js";
import { List } from "./list.js";
import { bytes, number, say } from "./say.js";

/** @typedef {import("./shapes.js").SyncStateShape} SyncStateShape */
/** @typedef {import("./shapes.js").ItemShape} ItemShape */
/** @typedef {import("./shapes.js").Messages} Messages */
/** @typedef {import("./shapes.js").Action} Action */
/** @typedef {import("./row.js").Context} Context */

export class Panel {
  /** @type {HTMLElement} */
  element;

  #context;
  #spinner = spinner();
  #icons = {
    none: icon("check"),
    progress: this.#spinner.element,
    cloud_off: icon("cloud_off"),
    error_outline: icon("error_outline"),
  };
  #picture = element("span", { class: "head-picture" });
  #title = element("h2", { id: "title", tabindex: "-1" });
  #hint = element("p", { class: "hint" });
  #message = element("bdi", { class: "message" });
  #problem = element("p", { class: "row-problem", role: "alert" });
  #help = button("chip filled", () => this.#do(this.#helpsBy));
  /** @type {Action} */
  #helpsBy = { action: "sign_in" };

  #sent = element("p", { class: "figures" });
  #bar = element("div", { class: "bar", role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100" });
  #filled = element("div", { class: "bar-filled" });
  #next = element("p", { class: "next", role: "timer" });
  #now = button("chip", () => this.#do({ action: "sync_now" }), icon("retry"));
  #nextLine = element("div", { class: "next-line" }, this.#next, this.#now.button);
  #countdown = new Countdown((remaining) => this.#showNext(remaining));

  #failed = new List("list_failed", () => this.#title.focus());
  #uploads = new List("list_uploads", () => this.#title.focus());
  #waiting = new List("list_waiting", () => this.#title.focus());
  #uploaded = element("span", { class: "figures" });
  #retryAll = button("chip filled", () => this.#do({ action: "retry_all" }), icon("retry"));

  #offline = element("button", { type: "button", class: "switch", role: "switch", "aria-checked": "false" });
  #offlineLabel = element("span", { class: "switch-label", id: "offline-label" });
  #offlineHint = element("span", { class: "switch-hint", id: "offline-hint" });
  #close;

  /**
   * @param {boolean} isDialog Else it stands in the page.
   * @param {Context} context Its fields are read anew at each use.
   * @param {() => void} onClose
   */
  constructor(isDialog, context, onClose) {
    this.#context = context;
    this.#close = button("close", onClose, icon("close"));
    this.#close.label.className = "unseen";
    this.#close.button.hidden = !isDialog;
    this.#bar.append(this.#filled);
    this.#failed.head.append(this.#retryAll.button);
    this.#uploads.head.append(this.#uploaded);
    // In the page it is a group, no landmark: what surrounds it is the page's to name.
    this.element = isDialog ? element("dialog") : element("div", { role: "group" });
    this.element.classList.add("panel");
    this.element.part.add("panel");
    this.element.append(
      element("div", { class: "panel-head" }, this.#picture, this.#title, this.#close.button),
      element(
        "div",
        { class: "panel-body" },
        this.#hint,
        this.#message,
        this.#help.button,
        this.#problem,
        this.#bar,
        this.#sent,
        this.#nextLine,
        this.#failed.element,
        this.#uploads.element,
        this.#waiting.element,
      ),
      this.#footer(),
    );
    this.element.setAttribute("aria-labelledby", "title");
  }

  /** Whether somebody looks at it: only then is counted down. @param {boolean} isSeen */
  seen(isSeen) {
    this.#countdown.run(isSeen);
  }

  /**
   * @param {SyncStateShape} state
   * @param {number | null} due When it is tried next, by the page's monotonic clock.
   */
  update(state, due) {
    const { messages } = this.#context;
    this.#showHead(state, messages);
    this.#showHelp(state, messages);
    this.#showProgress(state, messages);
    this.#countdown.set(due);
    const byChoice = state.cause === "by_choice";
    this.#offline.setAttribute("aria-checked", String(byChoice));
    setText(this.#offlineLabel, say(messages, "work_offline"));
    setText(this.#offlineHint, say(messages, "work_offline_hint"));
    setText(this.#close.label, say(messages, "close"));
    setText(this.#retryAll.label, say(messages, "retry_all"));
    setText(this.#now.label, say(messages, "sync_now"));
  }

  /**
   * @param {SyncStateShape} state
   * @param {readonly ItemShape[]} items
   */
  list(state, items) {
    const parked = items.filter((item) => item.state === "parked");
    const others = items.filter((item) => item.state !== "parked");
    const uploads = others.filter((item) => item.upload);
    const writes = others.filter((item) => !item.upload);
    this.#failed.update(parked, state.failed, this.#context);
    this.#uploads.update(uploads, uploads.length, this.#context);
    this.#waiting.update(writes, state.pending, this.#context);
    // One alone has a button of its own; a stop must be mended first.
    this.#retryAll.button.hidden = parked.length === 1 || isStop(state);
  }

  /** To where a dialog begins: its title. */
  focus() {
    this.#title.focus();
  }

  /** @param {unknown} error */
  fail(error) {
    setText(this.#problem, error instanceof Error ? error.message : String(error));
  }

  #footer() {
    this.#offline.append(
      element("span", { class: "switch-words" }, this.#offlineLabel, this.#offlineHint),
      element("span", { class: "switch-track" }, element("span", { class: "switch-thumb" })),
    );
    this.#offline.setAttribute("aria-labelledby", "offline-label");
    this.#offline.setAttribute("aria-describedby", "offline-hint");
    this.#offline.addEventListener("click", () => {
      const isOffline = this.#offline.getAttribute("aria-checked") === "true";
      this.#do({ action: "set_online", online: isOffline });
    });
    return element("div", { class: "panel-foot" }, this.#offline);
  }

  /**
   * @param {SyncStateShape} state
   * @param {Messages} messages
   */
  #showHead(state, messages) {
    const { icon: name, tone, progress } = pill(state);
    const head = { idle: "head_arrived", syncing: "head_syncing", offline: "head_offline", error: "head_failed" };
    setText(this.#title, say(messages, isStop(state) ? "head_stopped" : head[state.kind]));
    this.element.dataset.tone = tone;
    this.#spinner.show(progress);
    this.#picture.replaceChildren(this.#icons[name]);
    const hint = hintOf(state);
    setText(this.#hint, hint === null ? "" : say(messages, hint));
    // What the hint says already is not said twice.
    const hasMessage = state.kind !== "idle" && state.cause !== "sign_in" && state.cause !== "by_choice";
    setText(this.#message, hasMessage ? (state.message ?? "") : "");
  }

  /**
   * @param {SyncStateShape} state
   * @param {Messages} messages
   */
  #showHelp(state, messages) {
    const { action } = pill(state);
    this.#help.button.hidden = action !== "sign_in" && action !== "accept_server";
    if (action === "sign_in") {
      this.#helpsBy = { action };
      setText(this.#help.label, say(messages, "sign_in_now"));
    } else if (action === "accept_server") {
      this.#helpsBy = { action };
      setText(this.#help.label, say(messages, "accept_server"));
    }
  }

  /**
   * @param {SyncStateShape} state
   * @param {Messages} messages
   */
  #showProgress(state, messages) {
    const { done, total } = state.progress;
    const isShown = state.kind === "syncing" && total > 0;
    this.#bar.hidden = !isShown;
    this.#sent.hidden = !isShown;
    if (isShown) {
      const sent = say(messages, "sent", { done: number(messages, done), total: number(messages, total) });
      const percent = Math.round((done / total) * 100);
      this.#filled.style.inlineSize = `${percent}%`;
      this.#bar.setAttribute("aria-valuenow", String(percent));
      this.#bar.setAttribute("aria-label", sent);
      setText(this.#sent, sent);
    }
    const size = state.bytes ?? { done: 0, total: 0 };
    const figures = { done: bytes(messages, size.done), total: bytes(messages, size.total) };
    setText(this.#uploaded, size.total > 0 ? say(messages, "uploaded", figures) : "");
  }

  /** @param {number | null} remaining */
  #showNext(remaining) {
    this.#nextLine.hidden = remaining === null;
    if (remaining === null) {
      return;
    }
    const { messages } = this.#context;
    const seconds = Math.ceil(remaining / 1000);
    if (seconds === 0) {
      setText(this.#next, say(messages, "next_attempt_now"));
    } else if (seconds < 100) {
      setText(this.#next, say(messages, "next_attempt_s", { count: seconds }));
    } else {
      setText(this.#next, say(messages, "next_attempt_min", { count: Math.ceil(seconds / 60) }));
    }
  }

  /** @param {Action} action */
  async #do(action) {
    setText(this.#problem, "");
    try {
      await this.#context.act(action);
    } catch (error) {
      this.fail(error);
    }
  }
}

/**
 * Whether all of it is stopped until the user has mended that.
 *
 * @param {SyncStateShape} state
 */
function isStop(state) {
  const { action } = pill(state);
  return action === "sign_in" || action === "accept_server";
}

/**
 * The name of what is said below the title; `null` where the title says all.
 *
 * @param {SyncStateShape} state
 */
function hintOf(state) {
  switch (state.kind) {
    case "idle":
      return "hint_arrived";
    case "offline":
      return state.cause === "by_choice" ? "hint_by_choice" : "hint_unreachable";
    case "error":
      return isStop(state) ? `hint_${state.cause}` : "hint_failed";
    default:
      return null;
  }
}
