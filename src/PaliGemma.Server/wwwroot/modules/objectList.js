import { percent } from './overlay.js';

/** The list of what was found: a switch each that shows and hides it, and the one under the pointer stands out in the picture too. */
export class ObjectList {
  #list;
  #stage;
  #rows = new Map();

  /**
   * @param {HTMLElement} list
   * @param {import('./stage.js').Stage} stage
   */
  constructor(list, stage) {
    this.#list = list;
    this.#stage = stage;
    stage.onPoint = object => this.#light(object);
  }

  get count() {
    return this.#rows.size;
  }

  clear() {
    this.#rows.clear();
    this.#list.replaceChildren();
  }

  /** @param {object} found As the server tells of it. */
  add(found) {
    const object = this.#stage.overlay.add(found);
    const row = document.createElement('li');
    const label = document.createElement('label');
    const show = Object.assign(document.createElement('input'), { type: 'checkbox', checked: true });
    show.addEventListener('change', () => this.#setShown(object, show.checked));
    const name = Object.assign(document.createElement('span'), { className: 'name', textContent: object.label || 'object' });
    const score = Object.assign(document.createElement('span'), {
      className: 'score quiet',
      textContent: object.score === null ? '' : percent(object.score),
      title: 'How sure the model was of its words: it ranks objects, and is no calibrated probability.',
    });
    label.append(show, swatch(object.color), name, score);
    row.append(label);
    row.addEventListener('pointerenter', () => this.#light(object));
    row.addEventListener('pointerleave', () => this.#light(null));
    row.addEventListener('focusin', () => this.#light(object));
    row.addEventListener('focusout', () => this.#light(null));
    this.#rows.set(object, { row, show });
    this.#list.append(row);
    this.#stage.draw();
  }

  /** Shows or hides all. */
  showAll(shown) {
    for (const [object, { show }] of this.#rows) {
      show.checked = shown;
      this.#setShown(object, shown);
    }
  }

  #setShown(object, shown) {
    object.hidden = !shown;
    this.#stage.draw();
  }

  #light(object) {
    if (this.#stage.overlay.lit === object) {
      return;
    }
    this.#stage.overlay.lit = object;
    for (const [one, { row }] of this.#rows) {
      row.classList.toggle('lit', one === object);
    }
    this.#stage.draw();
  }
}

function swatch(color) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 14 14');
  svg.setAttribute('aria-hidden', 'true');
  const square = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const [name, value] of Object.entries({ width: 14, height: 14, rx: 4, fill: `rgb(${color.join(' ')})` })) {
    square.setAttribute(name, value);
  }
  svg.append(square);
  return svg;
}
