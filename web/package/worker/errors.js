/** An error with one word for its kind. Owns how what others throw becomes one. */
export class Refusal extends Error {
  /**
   * @param {string} kind
   * @param {string} message
   */
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }

  /** Rust says both in one text: the word, a colon, and what to do. @param {unknown} error */
  static of(error) {
    if (error instanceof Refusal) return error;
    const text = error instanceof Error ? error.message : String(error);
    const [, word, rest] = /^([a-z-]+): (.*)$/s.exec(text) ?? [];
    return new Refusal(word ?? "database", rest ?? text);
  }
}
