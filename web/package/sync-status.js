/**
 * `<sync-status>`: what is on its way, as a pill that opens a panel. Usable alone, with any source of states.
 *
 * Owns the element's interface: where states and rows come from, what is asked of whom, and when what is drawn. What the pill says is `pill.js`; how things
 * look is in `status/`. Never decides what becomes of a write: that is the engine's.
 */
import { english } from "./messages/en.js";
import { pill } from "./pill.js";
import { Announcer } from "./status/announcer.js";
import { describe } from "./status/describe.js";
import { element } from "./status/dom.js";
import { Panel } from "./status/panel.js";
import { PillView } from "./status/pill-view.js";
import { place } from "./status/place.js";
import { follow } from "./status/source.js";
import { styles } from "./status/styles.js";

/** @typedef {import("./status/shapes.js").SyncStateShape} SyncStateShape */
/** @typedef {import("./status/shapes.js").ItemShape} ItemShape */
/** @typedef {import("./status/shapes.js").Described} Described */
/** @typedef {import("./status/shapes.js").Messages} Messages */
/** @typedef {import("./status/shapes.js").Action} Action */
/** @typedef {import("./status/shapes.js").Source} Source */
/** @typedef {import("./status/shapes.js").StatusClient} StatusClient */
/** What `sync-status.d.ts` promises. @typedef {import("./sync-status.js").SyncStatus} Declared */

/** What may have been set before the element was defined. */
const PROPERTIES = /** @type {const} */ (["messages", "describe", "items", "state", "source", "client"]);

/** @implements {Declared} */
export class SyncStatus extends HTMLElement {
  static observedAttributes = ["display"];

  /** The texts of all elements that have none of their own. @type {Messages} */
  static messages = english;

  /** @type {SyncStateShape | null} */
  #state = null;
  /** When it is tried next, by the page's monotonic clock: what the state says is true of when it came. @type {number | null} */
  #due = null;
  /** @type {Source | null} */
  #source = null;
  /** @type {StatusClient | null} */
  #client = null;
  /** @type {readonly ItemShape[] | null} */
  #items = null;
  /** @type {Messages | null} */
  #messages = null;
  /** @type {((item: ItemShape) => Described) | null} */
  #describe = null;

  /** What the client listed last. @type {readonly ItemShape[]} */
  #listed = [];
  #listing = { isUnderWay: false, isStale: false };
  #letGo = () => {};
  #leaveWindow = () => {};

  #root = element("div", { class: "root" });
  #announcer = new Announcer();
  #pill = new PillView(() => void this.#tapped(), () => this.openPanel());
  /** @type {Panel | null} */
  #panel = null;

  constructor() {
    super();
    const shadow = this.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = styles();
    this.#root.append(this.#pill.element, this.#announcer.element);
    shadow.append(this.#root);
  }

  connectedCallback() {
    for (const name of PROPERTIES) {
      this.#takeOver(name);
    }
    this.#follow();
    this.#render();
  }

  disconnectedCallback() {
    this.#letGo();
    this.#letGo = () => {};
    this.#announcer.stop();
    this.closePanel();
    this.#panel?.seen(false);
  }

  attributeChangedCallback() {
    this.closePanel();
    this.#panel?.element.remove();
    this.#panel = null;
    this.#root.append(this.#announcer.element);
    this.#render();
  }

  /** The state that is shown; set it where there is no source. @type {SyncStateShape | null} */
  get state() {
    return this.#state;
  }
  set state(state) {
    this.#state = state ?? null;
    const wait = this.#state?.next_attempt_in_ms ?? null;
    this.#due = wait === null ? null : performance.now() + wait;
    this.#render();
  }

  /** Where states come from: see `Source`. @type {Source | null} */
  get source() {
    return this.#source;
  }
  set source(source) {
    this.#source = source ?? null;
    this.#follow();
  }

  /** Whom rows are asked of, and who does what the user wants. Its `state` is followed where no `source` is set. @type {StatusClient | null} */
  get client() {
    return this.#client;
  }
  set client(client) {
    this.#client = client ?? null;
    this.#listed = [];
    this.#follow();
    this.#render();
  }

  /** The rows of the panel, where no client is asked for them. @type {readonly ItemShape[] | null} */
  get items() {
    return this.#items;
  }
  set items(items) {
    this.#items = items ?? null;
    this.#render();
  }

  /** The texts; those of `SyncStatus.messages` where none are set. @type {Messages | null} */
  get messages() {
    return this.#messages;
  }
  set messages(messages) {
    this.#messages = messages ?? null;
    this.#render();
  }

  /** What rows are called; where it is not set, they are read as those of the social app. @type {((item: ItemShape) => Described) | null} */
  get describe() {
    return this.#describe;
  }
  set describe(describe) {
    this.#describe = describe ?? null;
    this.#render();
  }

  /** Opens the panel, also where there is no pill. An event `open` that is cancelled keeps it closed. */
  openPanel() {
    const panel = this.#shownPanel().element;
    if (!(panel instanceof HTMLDialogElement) || panel.open || !this.isConnected) {
      return;
    }
    if (!this.#tell("open", null)) {
      return;
    }
    panel.showModal();
    // All that is outside of a modal dialog is inert, and says nothing.
    panel.append(this.#announcer.element);
    this.#panel?.focus();
    this.#pill.expanded(true);
    const toPlace = () => place(panel, this.#pill.element.hidden ? null : this.#pill.element.getBoundingClientRect());
    toPlace();
    window.addEventListener("resize", toPlace);
    this.#leaveWindow = () => window.removeEventListener("resize", toPlace);
    this.#panel?.seen(true);
    this.#render();
  }

  closePanel() {
    if (this.#panel?.element instanceof HTMLDialogElement) {
      this.#panel.element.close();
    }
  }

  /** @param {typeof PROPERTIES[number]} name */
  #takeOver(name) {
    if (Object.hasOwn(this, name)) {
      const value = this[name];
      delete this[name];
      // @ts-expect-error Each is given back what it was.
      this[name] = value;
    }
  }

  #follow() {
    this.#letGo();
    this.#letGo = () => {};
    const source = this.#source ?? this.#client?.state;
    if (source && this.isConnected) {
      this.#letGo = follow(source, (state) => {
        this.state = state;
      });
    }
  }

  #shownPanel() {
    if (this.#panel) {
      return this.#panel;
    }
    const status = this;
    const context = {
      get messages() {
        return status.#texts();
      },
      act: (/** @type {Action} */ action) => this.#act(action),
      describe: (/** @type {ItemShape} */ item) => this.#described(item),
      goesAlong: (/** @type {ItemShape} */ item) => this.#goesAlong(item),
    };
    const isInPlace = this.getAttribute("display") === "panel";
    const panel = new Panel(!isInPlace, context, () => this.closePanel());
    const shown = panel.element;
    // The first press outside of it closes it; all that is inside of it is covered by its children.
    shown.addEventListener("pointerdown", (event) => {
      if (event.target === shown && !isInPlace) {
        this.closePanel();
      }
    });
    shown.addEventListener("close", () => {
      this.#leaveWindow();
      this.#pill.expanded(false);
      this.#root.append(this.#announcer.element);
      panel.seen(false);
    });
    this.#root.append(shown);
    this.#panel = panel;
    return panel;
  }

  #texts() {
    return this.#messages ?? SyncStatus.messages;
  }

  #rows() {
    return this.#items ?? this.#listed;
  }

  #render() {
    if (!this.isConnected) {
      return;
    }
    const messages = this.#texts();
    this.#root.lang = messages.lang;
    // The page's direction stands unless texts of another were chosen.
    if (this.#messages) {
      this.#root.dir = this.#messages.dir;
    } else {
      this.#root.removeAttribute("dir");
    }
    const state = this.#state;
    this.setAttribute("kind", state?.kind ?? "idle");
    const isInPlace = this.getAttribute("display") === "panel";
    if (!state) {
      this.#pill.element.hidden = true;
      return;
    }
    this.#pill.update(pill(state, messages), messages);
    this.#pill.element.hidden ||= isInPlace;
    this.#announcer.update(state, messages);
    if (isInPlace || this.#isOpen()) {
      const panel = this.#shownPanel();
      panel.update(state, this.#due);
      panel.list(state, this.#rows());
      panel.seen(true);
      void this.#list();
    }
  }

  #isOpen() {
    return this.#panel?.element instanceof HTMLDialogElement && this.#panel.element.open;
  }

  /** Asks the client for the rows: one question at a time, and one more where the state changed meanwhile. */
  async #list() {
    const client = this.#client;
    if (this.#items || !client?.items) {
      return;
    }
    this.#listing.isStale = true;
    if (this.#listing.isUnderWay) {
      return;
    }
    this.#listing.isUnderWay = true;
    try {
      while (this.#listing.isStale && this.#client === client) {
        this.#listing.isStale = false;
        // What is parked may be far behind what is listed first, and needs the user all the same.
        const [first, parked] = await Promise.all([client.items(), client.items("parked")]);
        this.#listed = [...new Map([...first, ...parked].map((item) => [item.mutation, item])).values()];
        if (this.#state && this.#client === client) {
          this.#panel?.list(this.#state, this.#rows());
        }
      }
    } catch (error) {
      this.#panel?.fail(error);
    } finally {
      this.#listing.isUnderWay = false;
    }
  }

  /** What the pill is tapped for. */
  async #tapped() {
    const action = this.#state ? pill(this.#state).action : "none";
    if (action === "sign_in") {
      await this.#act({ action });
    } else if (action === "accept_server") {
      // Too grave for one tap: the panel says what it means, and has the button.
      this.openPanel();
    } else if (action === "retry") {
      await this.#retryAll();
    }
  }

  /** Where there was nothing that could be tried again just so, the panel shows why. */
  async #retryAll() {
    try {
      const retried = await this.#act({ action: "retry_all" });
      if (retried === 0) {
        this.openPanel();
      }
    } catch (error) {
      this.openPanel();
      this.#panel?.fail(error);
    }
  }

  /**
   * Tells the page, and asks the client unless the page has taken it upon itself.
   *
   * @param {Action} action
   */
  async #act(action) {
    if (!this.#tell(action.action === "retry_all" ? "retry" : "action", action)) {
      return undefined;
    }
    if (action.action === "sign_in") {
      // The page asks for the password, and must not be behind the panel.
      this.closePanel();
      return undefined;
    }
    const done = await this.#ask(action);
    // A row may have changed where the state has not, as by an edit.
    await this.#list();
    return done;
  }

  /** @param {Exclude<Action, { action: "sign_in" }>} action */
  #ask(action) {
    const client = this.#client;
    switch (action.action) {
      case "retry_all":
        return client?.retryFailed?.();
      case "sync_now":
        return client?.triggerSync?.();
      case "accept_server":
        return client?.acceptServer?.();
      case "retry":
        return client?.retry?.(action.mutation);
      case "discard":
        return client?.discard?.(action.mutation);
      case "edit":
        return client?.edit?.(action.mutation, action.to);
      case "set_online":
        return client?.setOnline?.(action.online);
    }
  }

  /**
   * @param {"retry" | "open" | "action"} type
   * @param {Action | null} detail
   * @returns {boolean} Whether nobody cancelled it.
   */
  #tell(type, detail) {
    return this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable: true }));
  }

  /** @param {ItemShape} item */
  #described(item) {
    return this.#describe?.(item) ?? describe(item, this.#texts(), this.#rows());
  }

  /**
   * What a discard may take along: what the client says, or all that waits for it.
   *
   * @param {ItemShape} item
   * @returns {Promise<readonly ItemShape[]>}
   */
  async #goesAlong(item) {
    const rows = this.#rows();
    if (this.#client?.goesAlong) {
      const along = new Set(await this.#client.goesAlong(item.mutation));
      return rows.filter((row) => along.has(row.mutation) && row.mutation !== item.mutation);
    }
    // Rows come in their order, and wait only for what is before them.
    const reached = new Set([item.mutation]);
    return rows.filter((row) => {
      const waits = !row.upload && row.waits_for.some((blocker) => reached.has(blocker));
      if (waits) {
        reached.add(row.mutation);
      }
      return waits;
    });
  }
}

if (!customElements.get("sync-status")) {
  customElements.define("sync-status", SyncStatus);
}
