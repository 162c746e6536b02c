/**
 * The shapes that `<sync-status>` takes and gives.
 *
 * Owns types only. They are written down here, apart from those generated from Rust, because the element works without the rest of the package, and
 * takes whatever has these fields.
 */

/** How much of what was to be done is done. */
export interface ProgressShape {
  readonly done: number;
  readonly total: number;
}

/** The state of the whole queue: the engine's `SyncState` as JSON. */
export interface SyncStateShape {
  readonly kind: "idle" | "syncing" | "error" | "offline";
  readonly pending: number;
  readonly in_flight?: number;
  readonly failed: number;
  readonly blocked?: number;
  readonly progress: ProgressShape;
  readonly bytes?: ProgressShape;
  readonly cause?: "sign_in" | "server_restored" | "by_choice" | "unreachable" | null;
  readonly message?: string | null;
  readonly next_attempt_in_ms?: number | null;
}

/** Why a write is parked. */
export type ParkedShape =
  | { readonly reason: "rejected"; readonly status: number; readonly code: string; readonly detail: string; readonly current?: string | null }
  | { readonly reason: "exhausted" | "uncertain" | "unreadable"; readonly detail: string };

/** One row of the queue: the engine's `Item` as JSON, as far as it is shown. */
export interface ItemShape {
  readonly mutation: string;
  readonly name: string;
  readonly state: "waiting" | "blocked" | "late" | "ready" | "in_flight" | "parked";
  readonly upload?: string | null;
  readonly parked?: ParkedShape | null;
  readonly attempts: number;
  readonly waits_for: readonly string[];
  readonly payload: string;
}

/** What a row is called. */
export interface Described {
  /** What it is, as `Post`. */
  title: string;
  /** The beginning of what it says, or nothing. */
  excerpt?: string;
  /** Its text, where it can be edited. */
  text?: string;
  /** Its size, where that is known. */
  bytes?: number;
  /** The mutation with another text. */
  withText?: (text: string) => unknown;
}

/** What is to be drawn: `Pill` in the engine. */
export interface Pill {
  icon: "none" | "progress" | "cloud_off" | "error_outline";
  label: "nothing" | "syncing" | "offline" | "offline_waiting" | "failed" | "sign_in" | "server_restored";
  count: number;
  text: string;
  tone: "quiet" | "primary" | "offline" | "error";
  progress: number | null;
  action: "none" | "retry" | "sign_in" | "accept_server";
}

/** A text in its plural forms. */
export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** All texts in one language, by name. What is left out is said in English. */
export interface Messages {
  readonly lang: string;
  readonly dir: "ltr" | "rtl";
  readonly [key: string]: string | Plural;
}

/** What the user wants done: the detail of the event `action`, and of `retry`. */
export type Action =
  | { action: "retry_all" | "sync_now" | "sign_in" | "accept_server" }
  | { action: "retry" | "discard"; mutation: string }
  | { action: "edit"; mutation: string; to: unknown }
  | { action: "set_online"; online: boolean };

/** Anything that tells states. */
export type Source =
  | { readonly current?: SyncStateShape | null; addEventListener(type: "change", listener: (event: any) => void): void; removeEventListener(type: "change", listener: (event: any) => void): void }
  | AsyncIterable<SyncStateShape>
  | { subscribe(listener: (state: SyncStateShape) => void): unknown }
  | ((listener: (state: SyncStateShape) => void) => unknown);

/** What of the package's `Client` is used. All of it but `state` and `items` may be missing: what is missing is left to the event `action`. */
export interface StatusClient {
  readonly state: Source;
  /** The first rows of the queue in their order, or the first of those that are parked. */
  items?(filter?: "all" | "parked"): Promise<readonly ItemShape[]>;
  triggerSync?(): Promise<unknown>;
  retryFailed?(): Promise<unknown>;
  retry?(mutation: string): Promise<unknown>;
  edit?(mutation: string, to: any): Promise<unknown>;
  discard?(mutation: string): Promise<unknown>;
  setOnline?(online: boolean): Promise<unknown>;
  acceptServer?(): Promise<unknown>;
  /** The mutations that a discard of this one would take along. Where it is missing, all that wait for it are named. */
  goesAlong?(mutation: string): Promise<readonly string[]>;
}
