/** An error with one word for its kind. Owns nothing else. */
export class Refusal extends Error {
  /**
   * @param {string} kind
   * @param {string} message
   */
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}
