// Generated from Rust by `cargo xtask web`: do not edit.

/**
 * The body of a request.
 */
export type BodyOut = { "body": "empty" } | { "body": "text", 
/**
 * Which.
 */
text: string, } | { "body": "file_part", 
/**
 * Its name.
 */
file: string, 
/**
 * The first byte.
 */
offset: number, 
/**
 * How many bytes.
 */
length: number, };

/**
 * Something that is asked of the engine, and answered.
 */
export type Call = { "call": "mutate", 
/**
 * In this order.
 */
writes: Array<WriteIn>, } | { "call": "stage", 
/**
 * Their names.
 */
files: Array<string>, } | { "call": "set_online", 
/**
 * Whether requests may be made.
 */
online: boolean, } | { "call": "retry", 
/**
 * Which.
 */
mutation: MutationId, } | { "call": "retry_failed" } | { "call": "edit", 
/**
 * Which.
 */
mutation: MutationId, 
/**
 * What it is to be.
 */
with: Mutation, } | { "call": "discard", 
/**
 * Which.
 */
mutation: MutationId, } | { "call": "accept_server" };

/**
 * Why nothing is sent, where the kind alone does not say.
 */
export type Cause = "sign_in" | "server_restored" | "by_choice" | "unreachable";

/**
 * The id under which the server counts this client's sequences.
 */
export type ClientId = string;

/**
 * What is done to a comment.
 */
export type CommentChange = { "create": { 
/**
 * Its id.
 */
id: CommentId, 
/**
 * The post that it is on.
 */
post: PostId, 
/**
 * What it says.
 */
text: string, } } | { "update": { 
/**
 * Which.
 */
id: CommentId, 
/**
 * The post that it is on.
 */
post: PostId, 
/**
 * What it says now.
 */
text: string, } } | { "delete": { 
/**
 * Which.
 */
id: CommentId, 
/**
 * The post that it is on.
 */
post: PostId, } };

/**
 * A comment.
 */
export type CommentId = LocalId;

/**
 * A comment.
 */
export type CommentView = { 
/**
 * What the server calls it.
 */
server_id: string | null, 
/**
 * Who wrote it.
 */
author: UserView, 
/**
 * What it says.
 */
text: string, 
/**
 * When it was written.
 */
created_at: Wall, 
/**
 * Whether its text was changed after.
 */
edited: boolean, 
/**
 * Where it stands.
 */
sync: EntityStatus, 
/**
 * The comment.
 */
id: CommentId, 
/**
 * Its post.
 */
post: PostId, };

/**
 * A conversation.
 */
export type ConversationId = LocalId;

/**
 * A conversation, with the last that is known of it.
 */
export type ConversationView = { 
/**
 * Which.
 */
id: ConversationId, 
/**
 * What the server calls it.
 */
server_id: string | null, 
/**
 * The other one.
 */
with: UserView, 
/**
 * The last message that is here.
 */
last: MessageView | null, 
/**
 * Where its opening stands.
 */
sync: EntityStatus, };

/**
 * The conversation with somebody.
 */
export type ConversationWith = { 
/**
 * Its id, also where it is not known yet.
 */
conversation: ConversationId, 
/**
 * Whether it is known here: else it must be opened before something is sent in it.
 */
known: boolean, };

/**
 * The place of a row in its list: it stays what it is while other rows come and go.
 */
export type Cursor = string;

/**
 * What the host is to do.
 */
export type EffectOut = { "effect": "reply", 
/**
 * Which.
 */
call: number, 
/**
 * With what.
 */
reply: ReplyOut, } | { "effect": "refused", 
/**
 * Which.
 */
call: number, 
/**
 * One word for why.
 */
kind: string, 
/**
 * Why, and what to do.
 */
message: string, } | { "effect": "send", 
/**
 * Names the attempt.
 */
attempt: number, 
/**
 * The method.
 */
method: string, 
/**
 * Path and query; an absolute URL only where the server's own answer gave one.
 */
path: string, 
/**
 * Headers.
 */
headers: Array<[string, string]>, 
/**
 * The body.
 */
body: BodyOut, 
/**
 * After so many milliseconds it counts as unreached.
 */
timeout_ms: number, } | { "effect": "abort", 
/**
 * Which.
 */
attempt: number, } | { "effect": "refresh" } | { "effect": "changed", 
/**
 * Their local ids.
 */
entities: Array<LocalId>, } | { "effect": "changed_elsewhere" } | { "effect": "settled", 
/**
 * Which.
 */
mutation: MutationId, 
/**
 * How.
 */
outcome: Outcome, } | { "effect": "status", 
/**
 * To this.
 */
state: SyncState, } | { "effect": "wake", 
/**
 * In milliseconds; `null`: not at all.
 */
after_ms: number | null, } | { "effect": "remove_file", 
/**
 * Its name.
 */
file: string, };

/**
 * One entity: what a mutation is about, or names.
 */
export type Entity = { 
/**
 * What it is.
 */
kind: Kind, 
/**
 * Which one.
 */
id: LocalId, };

/**
 * Where one entity stands, derived from the queue.
 */
export type EntityStatus = { "status": "synced" } | { "status": "pending", 
/**
 * Attempts made so far.
 */
attempts: number, } | { "status": "syncing", 
/**
 * Attempts made so far, with this one.
 */
attempts: number, } | { "status": "failed", 
/**
 * The parked mutation.
 */
mutation: MutationId, 
/**
 * Why.
 */
parked: Parked, 
/**
 * Attempts made.
 */
attempts: number, };

/**
 * Which rows of the queue are listed.
 */
export type FilterIn = "all" | "parked";

/**
 * Whether the user follows somebody.
 */
export type Follow = { 
/**
 * Whom.
 */
user: UserId, 
/**
 * Whether they follow them.
 */
followed: boolean, };

/**
 * One row of the queue, for people.
 */
export type Item = { 
/**
 * Its id.
 */
mutation: MutationId, 
/**
 * Its idempotency key.
 */
key: Key, 
/**
 * Its place.
 */
place: Place, 
/**
 * Its name, as `post.create`.
 */
name: string, 
/**
 * What it is about.
 */
entity: Entity, 
/**
 * In which lane it is: its entity's own, or one that the app has named.
 */
lane: LocalId, 
/**
 * The file that it uploads, where it is an upload.
 */
upload: Sha256 | null, 
/**
 * How it stands.
 */
state: ItemState, 
/**
 * Why it is parked.
 */
parked: Parked | null, 
/**
 * Attempts made.
 */
attempts: number, 
/**
 * Milliseconds until it may be tried, as of the last transaction.
 */
due_in_ms: number, 
/**
 * When it was written.
 */
written_at: Wall, 
/**
 * What it waits for.
 */
waits_for: Array<MutationId>, 
/**
 * The version of its payload.
 */
version: number, 
/**
 * Its payload, as written.
 */
payload: string, };

/**
 * How a row stands.
 */
export type ItemState = "waiting" | "blocked" | "late" | "ready" | "in_flight" | "parked";

/**
 * One line of the journal.
 */
export type JournalEntry = { 
/**
 * When.
 */
at: Wall, 
/**
 * Which.
 */
mutation: MutationId, 
/**
 * Its name.
 */
name: string, 
/**
 * What it was about.
 */
entity: Entity, 
/**
 * What became of it.
 */
outcome: Outcome, };

/**
 * An idempotency key: under one key a mutation takes effect at most once.
 */
export type Key = string;

/**
 * The kind of an entity: a word of the app's, such as `post`.
 */
export type Kind = string;

/**
 * Whether the user likes a post.
 */
export type Like = { 
/**
 * The post.
 */
post: PostId, 
/**
 * Whether they like it.
 */
liked: boolean, };

/**
 * One page of a list.
 */
export type Listed<T> = { 
/**
 * Its rows.
 */
rows: Array<T>, 
/**
 * Where the next page begins; `None` on the last.
 */
next: Cursor | null, };

/**
 * The id of an entity on this device: a UUID made here, which never changes and never travels.
 */
export type LocalId = string;

/**
 * A picture or a clip that goes along with a post or a message.
 */
export type MediaFile = { 
/**
 * The digest of its bytes.
 */
sha256: Sha256, 
/**
 * Its media type, as `image/png`.
 */
type: string, 
/**
 * Its size in bytes.
 */
size: number, };

/**
 * A picture or a clip.
 */
export type MediaView = { 
/**
 * The digest of its bytes: until it is uploaded, the engine has the file.
 */
sha256: Sha256, 
/**
 * Its media type.
 */
type: string, 
/**
 * Its size in bytes.
 */
size: number, 
/**
 * What the server calls it, once it is uploaded.
 */
server_id: string | null, };

/**
 * What is done to a message. A message cannot be changed.
 */
export type MessageChange = { "create": { 
/**
 * Its id.
 */
id: MessageId, 
/**
 * The conversation that it is in.
 */
conversation: ConversationId, 
/**
 * What it says.
 */
text: string, 
/**
 * What it shows.
 */
media: MediaFile | null, } } | { "delete": { 
/**
 * Which.
 */
id: MessageId, 
/**
 * The conversation that it is in.
 */
conversation: ConversationId, } };

/**
 * A message.
 */
export type MessageId = LocalId;

/**
 * A message.
 */
export type MessageView = { 
/**
 * What the server calls it.
 */
server_id: string | null, 
/**
 * Who wrote it.
 */
author: UserView, 
/**
 * What it says.
 */
text: string, 
/**
 * What it shows.
 */
media: Array<MediaView>, 
/**
 * When it was written.
 */
created_at: Wall, 
/**
 * Where it stands.
 */
sync: EntityStatus, 
/**
 * The message.
 */
id: MessageId, 
/**
 * Its conversation.
 */
conversation: ConversationId, };

/**
 * One thing that the user did.
 */
export type Mutation = { "post": PostChange } | { "comment": CommentChange } | { "message": MessageChange } | { "like": Like } | { "follow": Follow } | { "open_conversation": { 
/**
 * The other one.
 */
user: UserId, } };

/**
 * The id of one write, for as long as anybody may ask about it.
 */
export type MutationId = string;

/**
 * Something that happened.
 */
export type Notice = { "notice": "started" } | { "notice": "tick" } | { "notice": "trigger_sync" } | { "notice": "network", 
/**
 * Whether it is there.
 */
up: boolean, } | { "notice": "refreshed", 
/**
 * How that went.
 */
how: RefreshedHow, } | { "notice": "signed_in" } | { "notice": "not_removed", 
/**
 * Its name.
 */
file: string, } | { "notice": "reserve", 
/**
 * Whether it is held.
 */
held: boolean, } | { "notice": "closing" };

/**
 * How the life of a mutation in the queue went on.
 */
export type Outcome = { "outcome": "synced" } | { "outcome": "parked" } & Parked | { "outcome": "discarded" };

/**
 * How the whole queue stands inside: for people who want to know why.
 */
export type Overview = { 
/**
 * The id under which the server counts this client.
 */
client: ClientId, 
/**
 * Which life of its database the server said it is in.
 */
epoch: string | null, 
/**
 * The generation of the lease.
 */
generation: number, 
/**
 * The sequence that the next request gets.
 */
sequence_next: number, 
/**
 * Up to which sequence the server has confirmed to have forgotten.
 */
watermark: number, 
/**
 * Rows of the queue: writes and uploads.
 */
rows: number, 
/**
 * Writes that wait, are in a request, are parked, and wait for others.
 */
counts: [number, number, number, number], 
/**
 * Bytes of payloads and of attachments that wait.
 */
bytes: [number, number], 
/**
 * At most so many requests in a batch; 0: as many as the backend takes.
 */
batch_max: number, 
/**
 * The connection, as it is stored.
 */
connection: unknown, 
/**
 * Bytes of the database.
 */
database_bytes: number, 
/**
 * Lines of the journal.
 */
journal: number, };

/**
 * Why a mutation is parked. The machine never deletes a parked one.
 */
export type Parked = { "reason": "rejected", 
/**
 * The HTTP status.
 */
status: number, 
/**
 * The server's word for it.
 */
code: string, 
/**
 * What it said.
 */
detail: string, 
/**
 * The version (`ETag`) in which the entity stands, where that is why (412): trying again goes over it.
 */
current?: string | null, } | { "reason": "exhausted", 
/**
 * The last failure.
 */
detail: string, } | { "reason": "uncertain", 
/**
 * What happened.
 */
detail: string, } | { "reason": "unreadable", 
/**
 * Why.
 */
detail: string, };

/**
 * The place of a mutation in the queue: smaller is older.
 */
export type Place = number;

/**
 * What is done to a post.
 */
export type PostChange = { "create": { 
/**
 * Its id.
 */
id: PostId, 
/**
 * What it says.
 */
text: string, 
/**
 * What it shows, in order.
 */
media: Array<MediaFile>, } } | { "update": { 
/**
 * Which.
 */
id: PostId, 
/**
 * What it says now.
 */
text: string, } } | { "delete": { 
/**
 * Which.
 */
id: PostId, } };

/**
 * A post.
 */
export type PostId = LocalId;

/**
 * A post.
 */
export type PostView = { 
/**
 * Which.
 */
id: PostId, 
/**
 * What the server calls it.
 */
server_id: string | null, 
/**
 * Who wrote it.
 */
author: UserView, 
/**
 * What it says.
 */
text: string, 
/**
 * What it shows.
 */
media: Array<MediaView>, 
/**
 * How many like it, with what is pending here.
 */
likes: number, 
/**
 * How many comments it has, with what is pending here.
 */
comments: number, 
/**
 * Whether the signed-in user likes it.
 */
liked: boolean, 
/**
 * When it was written.
 */
created_at: Wall, 
/**
 * Whether its text was changed after.
 */
edited: boolean, 
/**
 * Where the post itself stands.
 */
sync: EntityStatus, 
/**
 * Where the signed-in user's like of it stands.
 */
like_sync: EntityStatus, };

/**
 * Somebody, as the signed-in user sees them.
 */
export type ProfileView = { 
/**
 * Who.
 */
user: UserView, 
/**
 * What the server calls them.
 */
server_id: string | null, 
/**
 * How many posts, with what is pending here.
 */
posts: number, 
/**
 * How many follow them, with what is pending here.
 */
followers: number, 
/**
 * How many they follow, as the server last said.
 */
following: number, 
/**
 * Whether the signed-in user follows them.
 */
followed: boolean, 
/**
 * Where the signed-in user's follow of them stands.
 */
follow_sync: EntityStatus, };

/**
 * How much of what was to be done is done.
 */
export type Progress = { 
/**
 * So much.
 */
done: number, 
/**
 * Of so much.
 */
total: number, };

/**
 * A question about what is here.
 */
export type Query = { "query": "feed", 
/**
 * Whose posts.
 */
scope: Scope, 
/**
 * After which row.
 */
after?: Cursor | null, 
/**
 * So many rows.
 */
rows?: number | null, } | { "query": "post", 
/**
 * Which.
 */
post: PostId, } | { "query": "thread", 
/**
 * Which.
 */
post: PostId, 
/**
 * After which row.
 */
after?: Cursor | null, } | { "query": "comment", 
/**
 * Which.
 */
comment: CommentId, } | { "query": "posts_of", 
/**
 * Whose.
 */
user: UserId, 
/**
 * After which row.
 */
after?: Cursor | null, 
/**
 * So many rows.
 */
rows?: number | null, } | { "query": "profile", 
/**
 * Who.
 */
user: UserId, } | { "query": "me" } | { "query": "conversations", 
/**
 * After which row.
 */
after?: Cursor | null, } | { "query": "conversation", 
/**
 * In which conversation.
 */
conversation: ConversationId, 
/**
 * After which row.
 */
after?: Cursor | null, } | { "query": "conversation_with", 
/**
 * With whom.
 */
user: UserId, } | { "query": "items", 
/**
 * What of it.
 */
filter?: FilterIn | null, } | { "query": "journal" } | { "query": "entity_status", 
/**
 * Which.
 */
entity: LocalId, } | { "query": "inspect" } | { "query": "export" } | { "query": "attachment_file", 
/**
 * The digest of its bytes.
 */
sha256: Sha256, } | { "query": "unknown_files", 
/**
 * Their names.
 */
files: Array<string>, } | { "query": "standing", 
/**
 * Which.
 */
mutation: MutationId, };

/**
 * How the renewal of a session went.
 */
export type RefreshedHow = "renewed" | "invalid_grant" | "failed";

/**
 * The answer to a call.
 */
export type ReplyOut = { "reply": "written", 
/**
 * Under these ids.
 */
ids: Array<MutationId>, } | { "reply": "retried", 
/**
 * How many.
 */
count: number, } | { "reply": "edited", 
/**
 * Under this id.
 */
id: MutationId, } | { "reply": "discarded", 
/**
 * What left the queue.
 */
gone: Array<MutationId>, 
/**
 * What undoes it.
 */
compensation: MutationId | null, } | { "reply": "observed", 
/**
 * Users in it, in its order.
 */
users: Array<UserId>, 
/**
 * Posts that it left out, which are to be read one by one.
 */
missing: Array<PostId>, 
/**
 * Where the next page begins.
 */
next: string | null, } | { "reply": "done" };

/**
 * Whose posts are in a feed.
 */
export type Scope = "following" | "everyone";

/**
 * Where a page of the server's begins: opaque, from the page before.
 */
export type ServerCursor = string;

/**
 * SHA-256 of a file's bytes: the name of an attachment.
 */
export type Sha256 = string;

/**
 * A file in the host's attachment folder, durable, with its bytes counted and hashed.
 */
export type StagedFile = { 
/**
 * The digest of its bytes: how mutations name it.
 */
sha256: Sha256, 
/**
 * Its name in the folder, never used before.
 */
file: string, 
/**
 * Its size in bytes.
 */
size: number, 
/**
 * Its media type, as `image/png`.
 */
media_type: string, };

/**
 * What became of a mutation.
 */
export type StandingOut = { "standing": "waiting" } | { "standing": "settled", 
/**
 * Which of these.
 */
outcome: Outcome, } | { "standing": "unknown" };

/**
 * The four kinds of state.
 */
export type SyncKind = "idle" | "syncing" | "error" | "offline";

/**
 * The state of the whole queue: a snapshot, true at the moment of a commit.
 */
export type SyncState = { 
/**
 * The kind, by the precedence of [`SyncState`]'s fields: sign-in needed, offline, syncing, error, waiting, idle.
 */
kind: SyncKind, 
/**
 * Writes that have not arrived: waiting, blocked and in flight. What is parked is not among them.
 */
pending: number, 
/**
 * Of those, in a request right now.
 */
in_flight: number, 
/**
 * Parked: rejected, exhausted, uncertain or unreadable. They wait for the user.
 */
failed: number, 
/**
 * Of the pending, those that wait for something else to arrive first.
 */
blocked: number, 
/**
 * Writes of this run, which began when the queue was last empty.
 */
progress: Progress, 
/**
 * Bytes of attachments of this run.
 */
bytes: Progress, 
/**
 * Why nothing is sent, for programs that branch on it.
 */
cause: Cause | null, 
/**
 * Why, where the kind alone does not say; for people.
 */
message: string | null, 
/**
 * Milliseconds until the next attempt, where nothing is in flight and something waits for its time.
 */
next_attempt_in_ms: number | null, };

/**
 * A post with a page of its comments, oldest first.
 */
export type ThreadView = { 
/**
 * The post.
 */
post: PostView, 
/**
 * Its comments.
 */
comments: Listed<CommentView>, };

/**
 * A user.
 */
export type UserId = LocalId;

/**
 * Somebody, beside what they wrote.
 */
export type UserView = { 
/**
 * Who.
 */
id: UserId, 
/**
 * Their name; empty where it was never read.
 */
name: string, };

/**
 * Milliseconds since 1970 by the device's clock, which people and networks may set to anything. For display and for ids.
 */
export type Wall = number;

/**
 * What is to be read.
 */
export type Wanted = { "read": "feed", 
/**
 * Whose posts.
 */
scope: Scope, 
/**
 * From where on.
 */
cursor: ServerCursor | null, } | { "read": "posts_of", 
/**
 * Whose.
 */
user: UserId, 
/**
 * From where on.
 */
cursor: ServerCursor | null, } | { "read": "post", 
/**
 * Which.
 */
post: PostId, } | { "read": "thread", 
/**
 * Which.
 */
post: PostId, } | { "read": "comments", 
/**
 * On which post.
 */
post: PostId, 
/**
 * From where on.
 */
cursor: ServerCursor, } | { "read": "profile", 
/**
 * Whose.
 */
user: UserId, } | { "read": "user_named", 
/**
 * The name.
 */
name: string, } | { "read": "conversations", 
/**
 * From where on.
 */
cursor: ServerCursor | null, } | { "read": "messages", 
/**
 * In which conversation.
 */
conversation: ConversationId, 
/**
 * From where on.
 */
cursor: ServerCursor | null, };

/**
 * One write.
 */
export type WriteIn = { 
/**
 * Its id, made where it was written: under one id it is written once.
 */
id: MutationId | null, 
/**
 * What is written.
 */
mutation: Mutation, 
/**
 * The files that it brings.
 */
files: Array<StagedFile>, };
