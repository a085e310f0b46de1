const key = 'paligemma.history';
const longest = 24;

/** What was asked and answered, with a thumbnail each; the pictures themselves stay in memory until the page is left. */
export class History {
  #entries = load();
  #pictures = new Map();

  /** The entries, the newest in front. */
  get entries() {
    return this.#entries;
  }

  /** The picture of an entry; undefined if it was asked before the page was loaded. */
  pictureOf(entry) {
    return this.#pictures.get(entry.id);
  }

  /**
   * @param {{task: string, values: object, answer: object}} run
   * @param {import('./picture.js').Picture} picture
   */
  add(run, picture) {
    const entry = { id: `${Date.now()}-${this.#entries.length}`, thumbnail: picture.thumbnail(), ...run };
    this.#pictures.set(entry.id, picture);
    this.#entries = [entry, ...this.#entries].slice(0, longest);
    this.#store();
  }

  clear() {
    this.#entries = [];
    this.#pictures.clear();
    this.#store();
  }

  /** Keeps as many of the newest entries as the browser has room for. */
  #store() {
    for (let count = this.#entries.length; count >= 0; count--) {
      try {
        localStorage.setItem(key, JSON.stringify(this.#entries.slice(0, count)));
        return;
      } catch {
        // There is no room for as many.
      }
    }
  }
}

function load() {
  try {
    const entries = JSON.parse(localStorage.getItem(key));
    // Whatever else is there was left by another version of the page.
    return Array.isArray(entries) ? entries.filter(entry => Array.isArray(entry?.answer?.objects)) : [];
  } catch {
    return [];
  }
}
