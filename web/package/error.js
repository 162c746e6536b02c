/** An error with one word for its kind; its message says what to do. Owns nothing else. */
export class OutriggerError extends Error {
  /** @param {string} kind @param {string} message */
  constructor(kind, message) {
    super(message);
    this.name = "OutriggerError";
    this.kind = kind;
  }
}
