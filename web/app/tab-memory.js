/**
 * What this tab remembers over a reload: drafts, notices that were dismissed, and whose they are.
 *
 * Owns the session storage. Where the browser gives none, or no more of it, nothing is remembered, and nothing else breaks.
 */

/** Where it is noted who is signed in. */
const WHOSE = "whose";

/** @param {string} key */
export function recall(key) {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

/**
 * @param {string} key
 * @param {string} value
 * @returns {boolean} whether it is remembered
 */
export function remember(key, value) {
  try {
    sessionStorage.setItem(key, value);
    return true;
  } catch {
    return false;
  }
}

/** @param {string} key */
export function forget(key) {
  try {
    sessionStorage.removeItem(key);
  } catch {
    // Then nothing was remembered either.
  }
}

/** Kept here as well, for where nothing is remembered. */
let whose = recall(WHOSE);

/**
 * From now on it is this person's, or nobody's. What was another's is forgotten.
 * @param {string | null} account
 * @returns {boolean} whether somebody else was here before
 */
export function handOver(account) {
  const isAnothers = whose !== null && whose !== account;
  if (isAnothers) {
    try {
      sessionStorage.clear();
    } catch {
      // As above.
    }
  }
  whose = account;
  if (account !== null) remember(WHOSE, account);
  return isAnothers;
}
