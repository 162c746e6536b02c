/** Sets the state of an element that is not defined yet, then defines it. */
const status = document.querySelector("sync-status");
status.state = { kind: "offline", pending: 0, failed: 0, progress: { done: 0, total: 0 } };
await import("/package/sync-status.js");
