/**
 * `@outrigger/web`: the Outrigger engine in a browser.
 *
 * The shapes that come from Rust are in `./types/` and are generated: `cargo xtask web` writes them anew.
 */
import type {
  CommentView,
  ConversationView,
  ConversationWith,
  EntityStatus,
  FilterIn,
  Item,
  JournalEntry,
  Listed,
  MediaFile,
  MessageView,
  Mutation,
  Outcome,
  Overview,
  PostView,
  ProfileView,
  Query,
  StagedFile,
  StandingOut,
  SyncState,
  ThreadView,
  UserView,
  Wanted,
} from "./types/index.js";

export type * from "./types/index.js";

/** What each query is answered with. */
interface Answers {
  feed: Listed<PostView>;
  post: PostView | null;
  thread: ThreadView | null;
  comment: CommentView | null;
  posts_of: Listed<PostView>;
  profile: ProfileView | null;
  me: UserView;
  conversations: Listed<ConversationView>;
  conversation: Listed<MessageView>;
  conversation_with: ConversationWith;
  items: Item[];
  journal: JournalEntry[];
  entity_status: EntityStatus;
  inspect: Overview;
  export: unknown;
  attachment_file: string | null;
  unknown_files: string[];
  standing: StandingOut;
}

/** The answer to a query. */
export type QueryResult<Q extends Query> = Answers[Q["query"]];

/** How a client is opened. */
export interface ClientOptions {
  /** The server's base URL. The page's own origin where it is left out; another origin must allow it (CORS), which our own server does not. */
  server?: string;
  /** Where `worker.js` and the wasm of this package are served. Beside this module where it is left out. */
  assets?: string;
}

/** Somebody who is signed in. */
export interface Account {
  id: string;
  name: string;
}

/** What holds the database: this tab, another one, or nobody yet. `stopped`: this tab must be reloaded, see `Client.stopped`. */
export type Role = "leader" | "follower" | "starting" | "stopped";

/** Where and how safely what waits is kept. */
export interface Storage {
  /** `opfs`: on the disk. `memory`: gone with the tab that leads. */
  kind: "opfs" | "memory";
  /** Whether the browser has promised not to evict it. */
  persisted: boolean;
  /** The browser has removed what was kept here before. */
  evicted: boolean;
  /** Bytes in use and at most, as far as the browser says. */
  usage?: number;
  quota?: number;
}

/** Why something was not done; `message` says what to do. */
export class OutriggerError extends Error {
  /** `limit`, `missing`, `file-missing`, `not-staged`, `invalid`, `unknown`, `refused`, `disk-full`, `locked`, `database`, `foreign`, `offline`, `sign-in`, `server`, `unsupported`, `stopped`. */
  readonly kind: string;
}

/** A write: a mutation, and the files that it names, from `Client.stage`. */
export interface Write {
  mutation: Mutation;
  files?: StagedFile[];
}

/** A write that is durable. */
export interface Written {
  /** Its ids, one for each mutation. */
  ids: string[];
  /**
   * Resolves when all of them took effect, were parked or discarded: with the outcome of the first that did not take effect, else `synced`. Rejects where nobody
   * can tell: the client was closed, somebody else signed in, or the tab that leads refused the write.
   */
  synced: Promise<Outcome>;
}

/**
 * The states of the queue: the one of now, an event for each change, and an async iterable that begins with the one of now. A slow reader misses steps,
 * never the last one.
 */
export interface States extends EventTarget, AsyncIterable<SyncState> {
  readonly current: SyncState;
  addEventListener(type: "change", listener: (event: CustomEvent<SyncState>) => void, options?: AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
}

/** A query that is answered anew whenever what it asks for may have changed. */
export interface Live<T> extends AsyncIterable<T> {
  readonly current: T | undefined;
  subscribe(listener: (result: T) => void): () => void;
  close(): void;
}

/**
 * Event `refused`, a `CustomEvent` whose `detail` is an `OutriggerError`: something that was written while another tab leads turned out to be refused there, after
 * `mutate` had resolved; in this tab, or in one that is gone. It is told until somebody has listened.
 */
export interface Client extends EventTarget {
  /** Who is signed in; `null`: nobody, and nothing can be read or written. Event `account`. */
  readonly account: Account | null;
  /** What this tab is. Event `role`. */
  readonly role: Role;
  /** Why this tab does not work any more, in words, where `role` is `stopped`. */
  readonly stopped: string | null;
  /** Event `storage`. */
  readonly storage: Storage;
  readonly state: States;

  signUp(name: string, password: string): Promise<Account>;
  signIn(name: string, password: string): Promise<Account>;
  /** Ends the session. What waits is sent first, kept for the next time the same person signs in, or discarded. */
  signOut(whatWaits: "send" | "keep" | "discard"): Promise<void>;

  /** A fresh id for a new entity. */
  newId(): string;
  /** Copies a file durably to where it can wait; a write that names it takes both. A copy that no write has named for an hour may be gone: copy it again then. */
  stage(file: Blob): Promise<{ media: MediaFile; staged: StagedFile }>;
  /** Writes: all of it is durable once this resolves, or nothing is; and shown, but where the tab that leads takes longer than a second. */
  mutate(...writes: (Mutation | Write)[]): Promise<Written>;

  query<Q extends Query>(query: Q): Promise<QueryResult<Q>>;
  live<Q extends Query>(query: Q): Live<QueryResult<Q>>;
  /** Reads from the server into the database; live queries show what came. Gives the cursor of the server's next page. */
  read(read: Wanted): Promise<{ next: string | null; users: string[] }>;
  /** A URL for the bytes of a picture: from this device while it waits here, else from the server. Revoke it with `URL.revokeObjectURL` when it is shown no more. */
  mediaUrl(media: { sha256: string; server_id: string | null; type: string }): Promise<string>;

  items(filter?: FilterIn): Promise<Item[]>;
  journal(): Promise<JournalEntry[]>;
  entityStatus(id: string): Promise<EntityStatus>;

  triggerSync(): Promise<void>;
  retryFailed(): Promise<number>;
  retry(mutation: string): Promise<void>;
  edit(mutation: string, to: Mutation): Promise<void>;
  discard(mutation: string): Promise<{ gone: string[] }>;
  setOnline(online: boolean): Promise<void>;
  acceptServer(): Promise<void>;
  /** Asks the browser to promise that it evicts nothing. */
  persist(): Promise<boolean>;
  /** The queue without payloads, for a bug report. */
  exportQueue(): Promise<string>;

  close(): Promise<void>;
}

/** Opens the client of this page. Where the browser lacks what is needed, the error's `kind` is `unsupported`, and its message says what. */
export function openClient(options?: ClientOptions): Promise<Client>;
