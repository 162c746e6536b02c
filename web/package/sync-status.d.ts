/**
 * `<sync-status>`: what is on its way, as a pill that opens a panel. Usable alone, with any source of states.
 *
 * Importing this module defines the element.
 */
import type { Action, Described, ItemShape, Messages, Source, StatusClient, SyncStateShape } from "./status/shapes.js";

export type * from "./status/shapes.js";

export interface SyncStatusEventMap {
  /** All that failed is to be tried again, by a tap on the pill or in the panel. */
  retry: CustomEvent<{ action: "retry_all" }>;
  /** The panel is about to open. */
  open: CustomEvent<null>;
  /** Anything else that the user wants done. */
  action: CustomEvent<Exclude<Action, { action: "retry_all" }>>;
}

/**
 * Attributes: `theme` (`light`, `dark`, `auto`; without it the page's `color-scheme` holds), `display` (`panel`: the panel stands in the page, and there is no
 * pill), and `kind`, which the element sets for style sheets.
 *
 * Events bubble, are composed, and can be cancelled: then the client is not asked, and the panel does not open.
 */
export class SyncStatus extends HTMLElement {
  /** The texts of all elements that have none of their own. */
  static messages: Messages;
  static observedAttributes: string[];

  /** The state that is shown; set it where there is no source. */
  get state(): SyncStateShape | null;
  set state(state: SyncStateShape | null);
  /** Where states come from. */
  get source(): Source | null;
  set source(source: Source | null);
  /** Whom rows are asked of, and who does what the user wants. Its `state` is followed where no `source` is set. */
  get client(): StatusClient | null;
  set client(client: StatusClient | null);
  /** The rows of the panel, where no client is asked for them. */
  get items(): readonly ItemShape[] | null;
  set items(items: readonly ItemShape[] | null);
  get messages(): Messages | null;
  set messages(messages: Messages | null);
  /** What rows are called; where it is not set, they are read as those of the social app. */
  get describe(): ((item: ItemShape) => Described) | null;
  set describe(describe: ((item: ItemShape) => Described) | null);

  /** Opens the panel, also where there is no pill. */
  openPanel(): void;
  closePanel(): void;

  addEventListener<Type extends keyof SyncStatusEventMap>(type: Type, listener: (event: SyncStatusEventMap[Type]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "sync-status": SyncStatus;
  }
}
