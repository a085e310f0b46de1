import { Overlay } from './overlay.js';

/** The picture, with what was found drawn over it. */
export class Stage {
  #frame;
  #place;
  #image;
  #canvas;

  /** What is drawn over the picture. */
  overlay = new Overlay(1, 1);

  /** Is given the object that the pointer is over, or null. */
  onPoint = () => {};

  /** @param {Document} page */
  constructor(page) {
    this.#frame = page.getElementById('frame');
    this.#place = page.getElementById('canvas-place');
    this.#image = page.getElementById('picture');
    this.#canvas = page.getElementById('overlay');
    new ResizeObserver(() => this.draw()).observe(this.#canvas);
    for (const name of ['pointermove', 'pointerdown']) {
      this.#canvas.addEventListener(name, event => {
        const place = this.#canvas.getBoundingClientRect();
        this.onPoint(this.overlay.at((event.clientX - place.x) / place.width, (event.clientY - place.y) / place.height));
      });
    }
    this.#canvas.addEventListener('pointerleave', () => this.onPoint(null));
  }

  /**
   * @param {string} url
   * @param {number} width In pixels.
   * @param {number} height In pixels.
   * @param {boolean} remembered Whether it is but the thumbnail of a picture that is gone.
   */
  show(url, width, height, remembered = false) {
    this.#image.src = url;
    this.#place.style.setProperty('--ratio', width / height);
    this.#place.hidden = false;
    this.#place.classList.toggle('remembered', remembered);
    this.#frame.classList.remove('empty');
    this.clear(width, height);
  }

  /** Draws nothing over the picture any more. */
  clear(width, height) {
    this.overlay = new Overlay(width, height);
    this.draw();
  }

  /** Draws anew, at the screen's resolution. */
  draw() {
    const { width, height } = this.#canvas.getBoundingClientRect();
    this.#canvas.width = Math.round(width * devicePixelRatio);
    this.#canvas.height = Math.round(height * devicePixelRatio);
    const shown = this.overlay.objects.filter(object => !object.hidden);
    this.#canvas.setAttribute(
      'aria-label', shown.length === 0 ? 'Nothing is drawn over the picture' : `Drawn over the picture: ${shown.map(one => one.label || 'object').join(', ')}`);
    if (width > 0) {
      this.overlay.draw(this.#canvas, devicePixelRatio);
    }
  }

  /** The picture in its own size with what is drawn over it, as a PNG file. */
  save() {
    const canvas = Object.assign(document.createElement('canvas'), { width: this.#image.naturalWidth, height: this.#image.naturalHeight });
    canvas.getContext('2d').drawImage(this.#image, 0, 0);
    this.overlay.draw(canvas, Math.max(1, Math.min(canvas.width, canvas.height) / 480));
    return new Promise(resolve => canvas.toBlob(resolve, 'image/png'));
  }
}
