/**
 * What `<sync-status>` says, in English.
 *
 * Owns texts only. A text that speaks of a number is an object of plural forms, one for each that `Intl.PluralRules` gives for the language; `{name}`
 * stands for what is filled in. The texts of the pill are those of `crates/engine/src/pill.rs`, word for word: also `1 items`.
 *
 * @type {import("../status/shapes.js").Messages}
 */
export const english = {
  lang: "en",
  dir: "ltr",

  // The pill, by the names of its labels.
  nothing: "",
  syncing: { other: "Syncing {count} items..." },
  offline: "Offline",
  offline_waiting: { other: "Offline · {count} waiting" },
  failed: "Sync failed. Tap to retry",
  sign_in: "Signed out. Tap to sign in",
  server_restored: "Server restored. Tap to review",
  details: "Sync details",

  // What a screen reader hears, and only when the kind changes or a run ends.
  said_syncing: "Syncing",
  said_arrived: "Everything has arrived",
  said_offline: "Offline. What you write is kept here",
  said_online: "Back online",
  said_failed: "Sync failed",
  said_sign_in: "Sync has stopped: sign in again",
  said_server_restored: "Sync has stopped: the server was restored from a backup",

  // The panel's head.
  title: "Sync",
  close: "Close",
  head_arrived: "Everything has arrived",
  head_syncing: "Sending what you wrote",
  head_offline: "Offline",
  head_failed: "Something needs you",
  head_stopped: "Sync has stopped",
  hint_arrived: "Nothing waits on this device.",
  hint_by_choice: "You chose to work offline. What you write is kept on this device.",
  hint_unreachable: "The server cannot be reached. What you write is kept on this device and goes out by itself.",
  hint_failed: "What is listed below was not taken. It is kept until you decide.",
  hint_sign_in: "Your session has ended. What waits is kept and goes out once you sign in again.",
  hint_server_restored:
    "The server came back from a backup. What waits is kept: look through it, then go on with the server as it is now.",
  sent: "{done} of {total} sent",
  uploaded: "{done} of {total} uploaded",
  next_attempt_s: { one: "Next attempt in {count} s", other: "Next attempt in {count} s" },
  next_attempt_min: { one: "Next attempt in {count} min", other: "Next attempt in {count} min" },
  next_attempt_now: "Next attempt any moment",

  // Its lists.
  list_failed: { one: "{count} needs you", other: "{count} need you" },
  list_uploads: { one: "{count} upload", other: "{count} uploads" },
  list_waiting: { one: "{count} waiting", other: "{count} waiting" },
  more: { one: "and {count} more", other: "and {count} more" },

  // What is done there.
  sign_in_now: "Sign in",
  accept_server: "Go on with this server",
  sync_now: "Try now",
  retry_all: "Retry all",
  retry: "Retry",
  edit: "Edit",
  discard: "Discard",
  save: "Save and send",
  cancel: "Cancel",
  keep: "Keep it",
  edit_label: "Text of: {title}",
  work_offline: "Work offline",
  work_offline_hint: "Nothing is sent until you switch this off.",

  discard_question: "Discard for good?",
  discard_alone: "It is kept on this device only.",
  discard_unsure: "It may have arrived already. If so, it is taken back.",
  discard_along: {
    one: "What depends on it goes along. {count} more waits for it:",
    other: "What depends on it goes along. {count} more wait for it:",
  },

  // How a row stands.
  state_waiting: "Waiting for its turn",
  state_blocked: "Waits for something before it",
  state_late: "Waits for something that failed",
  state_ready: "Ready to go",
  state_in_flight: "On its way",
  attempts: { one: "{count} attempt", other: "{count} attempts" },

  // Why it failed.
  why_rejected: "The server refused it: {detail}",
  why_changed: "It was changed elsewhere in the meantime. Retrying replaces what stands there now.",
  why_exhausted: {
    one: "It was tried once and failed: {detail}",
    other: "It was tried {count} times and failed. The last time: {detail}",
  },
  why_uncertain: "It may have arrived already: {detail}. Retry it only if it is missing.",
  why_unreadable: "This version of the app cannot read it: {detail}. Update the app, or discard it.",

  // What it is, by the names of mutations.
  "post.create": "Post",
  "post.update": "Change of a post",
  "post.delete": "Removal of a post",
  "comment.create": "Comment",
  "comment.update": "Change of a comment",
  "comment.delete": "Removal of a comment",
  "message.send": "Message",
  "message.delete": "Removal of a message",
  "post.like": "Like",
  "post.unlike": "Like taken back",
  "user.follow": "Follow",
  "user.unfollow": "Follow taken back",
  "conversation.open": "New conversation",
  upload: "File",
  upload_image: "Picture",
  upload_video: "Video",
};
