import { ObjectList } from './objectList.js';

/** An answer, while it is made and afterwards. */
export class AnswerView {
  #part;
  #place;
  #objects;
  #text = '';

  /**
   * @param {Document} page
   * @param {import('./stage.js').Stage} stage
   */
  constructor(page, stage) {
    this.#part = id => page.getElementById(id);
    this.#place = this.#part('answer');
    this.#objects = new ObjectList(this.#part('objects'), stage);
    this.#part('show-all').addEventListener('click', () => this.#objects.showAll(true));
    this.#part('show-none').addEventListener('click', () => this.#objects.showAll(false));
  }

  /** How many objects there are so far. */
  get objectCount() {
    return this.#objects.count;
  }

  hide() {
    this.#clear();
    this.#place.hidden = true;
  }

  /** Begins an answer to a prompt, in the words that the model is given. */
  begin(prompt) {
    this.#clear();
    this.#part('prompt').textContent = prompt;
    this.#place.hidden = false;
    this.#place.classList.add('running');
  }

  addText(piece) {
    this.#text += piece;
    // Places and shapes are drawn, and not read.
    if (this.#text.includes('<loc')) {
      this.#part('text').textContent = '';
    } else {
      // A node of its own, so that what is read aloud is what is new.
      this.#part('text').append(piece);
    }
  }

  addObject(found) {
    this.#objects.add(found);
    this.#part('objects-place').hidden = false;
    this.#part('objects-title').textContent = this.#objects.count === 1 ? '1 object' : `${this.#objects.count} objects`;
  }

  /**
   * Ends the answer.
   * @param {object} answer The whole answer, as the server gives it at the end.
   * @param {boolean} hasPicture Whether the picture itself is there to be saved.
   */
  end(answer, hasPicture) {
    this.stop();
    if (this.#part('text').textContent.trim() === '' && this.#objects.count === 0) {
      this.#part('text').textContent = emptiness(answer);
    }
    this.#part('raw').textContent = answer.text;
    this.#part('raw-place').hidden = !answer.text.includes('<loc') && answer.problems.length === 0;
    this.#part('raw-place').open = false;
    this.#part('problems').replaceChildren(
      ...answer.problems.map(problem => Object.assign(document.createElement('li'), { textContent: `At ${problem.position}: ${problem.what}` })));
    this.#part('figures').textContent = figures(answer);
    this.#part('downloads').hidden = false;
    this.#part('save-picture').hidden = !hasPicture;
    // Browsers offer the clipboard to secure pages alone.
    this.#part('copy-text').hidden = !navigator.clipboard;
  }

  /** Ends the answer where it is. */
  stop() {
    this.#place.classList.remove('running');
  }

  #clear() {
    this.#text = '';
    this.#objects.clear();
    for (const id of ['prompt', 'text', 'figures', 'raw']) {
      this.#part(id).textContent = '';
    }
    for (const id of ['objects-place', 'raw-place', 'downloads']) {
      this.#part(id).hidden = true;
    }
  }
}

/** What there is to say of an answer without words and objects. */
function emptiness({ prompt, text }) {
  if (text !== '') {
    return 'There are no objects in the answer.';
  }
  return /^(detect|segment) /.test(prompt) ? 'Nothing of that was found.' : 'The model found nothing to say.';
}

function figures(answer) {
  const seconds = milliseconds => `${(milliseconds / 1000).toFixed(milliseconds < 1000 ? 2 : 1)} s`;
  const { usage, timings } = answer;
  return [
    answer.model,
    `${usage.completion_tokens} tokens in ${seconds(timings.total_ms)}`,
    `the first after ${seconds(timings.first_token_ms)}`,
    ...(answer.finish_reason === 'length' ? ['cut off at its longest'] : []),
  ].join(' · ');
}
