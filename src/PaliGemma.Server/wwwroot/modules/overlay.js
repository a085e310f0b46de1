import { Palette, textOn } from './palette.js';
import { paintMask } from './runLengths.js';

const maskOpacity = 0.45;
const dimmed = 0.25;

/** What was found, drawn over a picture: masks, boxes, and plates with label and score. */
export class Overlay {
  #width;
  #height;
  #palette = new Palette();

  /** What is drawn, in the order of the answer: {label, score, box, mask, color, hidden}. */
  objects = [];

  /** The object that stands out; null for none. */
  lit = null;

  /**
   * @param {number} width The picture's, in the pixels that boxes are in.
   * @param {number} height
   */
  constructor(width, height) {
    this.#width = width;
    this.#height = height;
  }

  /** @param {{label: string, score: number | null, box: object, mask?: object}} found */
  add(found) {
    const color = this.#palette.colorOf(found.label);
    const mask = found.mask ? paintMask(found.mask, color) : null;
    const object = { label: found.label, score: found.score, box: found.box, mask, color, hidden: false };
    this.objects.push(object);
    return object;
  }

  /** The smallest object that is shown at a place, given in fractions of the picture; null if there is none. */
  at(x, y) {
    const area = ({ box }) => (box.x2 - box.x1) * (box.y2 - box.y1);
    const [px, py] = [x * this.#width, y * this.#height];
    return this.objects
      .filter(({ hidden, box }) => !hidden && box.x1 <= px && px <= box.x2 && box.y1 <= py && py <= box.y2)
      .reduce((best, object) => (best === null || area(object) < area(best) ? object : best), null);
  }

  /**
   * @param {HTMLCanvasElement} canvas Of any size; the whole of it is the picture.
   * @param {number} unit Pixels of the canvas to which a line of width 1 and text of 13 pixels belong.
   */
  draw(canvas, unit) {
    const context = canvas.getContext('2d');
    const [scaleX, scaleY] = [canvas.width / this.#width, canvas.height / this.#height];
    const shown = this.objects.filter(object => !object.hidden);
    const opacity = object => (this.lit === null || this.lit.hidden || this.lit === object ? 1 : dimmed);
    for (const object of shown.filter(one => one.mask)) {
      const { x, y, canvas: painted } = object.mask;
      context.globalAlpha = maskOpacity * opacity(object);
      context.drawImage(painted, x * scaleX, y * scaleY, painted.width * scaleX, painted.height * scaleY);
    }
    const plates = [];
    for (const object of shown) {
      context.globalAlpha = opacity(object);
      const frame = drawBox(context, object, scaleX, scaleY, unit * (object === this.lit ? 4 : 2.5));
      drawPlate(context, object, frame, unit, plates);
    }
    context.globalAlpha = 1;
  }
}

/** "cat 91%". */
export function caption({ label, score }) {
  return [label || 'object', score === null ? '' : percent(score)].join(' ').trim();
}

export function percent(score) {
  return `${Math.round(100 * score)}%`;
}

/** Draws a box with its line inside of it, and inside of the picture; returns it in pixels of the canvas. */
function drawBox(context, { box, color }, scaleX, scaleY, line) {
  const { width, height } = context.canvas;
  const clamp = (value, end) => Math.min(Math.max(value, 0), end);
  const left = clamp(box.x1 * scaleX, width - line);
  const top = clamp(box.y1 * scaleY, height - line);
  const right = Math.max(left + line, clamp(box.x2 * scaleX, width));
  const bottom = Math.max(top + line, clamp(box.y2 * scaleY, height));
  context.strokeStyle = `rgb(${color.join(' ')})`;
  context.lineWidth = line;
  context.strokeRect(left + line / 2, top + line / 2, right - left - line, bottom - top - line);
  return { left, top, right, bottom };
}

/** Draws label and score where they hide no other plate, if there is such a place: above the box, inside it, or below. */
function drawPlate(context, object, frame, unit, plates) {
  const text = caption(object);
  context.font = `600 ${13 * unit}px system-ui, sans-serif`;
  context.textBaseline = 'middle';
  const width = Math.min(context.measureText(text).width + 12 * unit, context.canvas.width);
  const height = 20 * unit;
  const x = Math.min(frame.left, context.canvas.width - width);
  const places = [frame.top - height, frame.top, frame.bottom, frame.bottom - height].filter(y => y >= 0 && y + height <= context.canvas.height);
  const hides = y => plates.some(plate => x < plate.x + plate.width && plate.x < x + width && y < plate.y + height && plate.y < y + height);
  const y = places.find(place => !hides(place)) ?? places[0] ?? 0;
  plates.push({ x, y, width });
  context.fillStyle = `rgb(${object.color.join(' ')})`;
  context.fillRect(x, y, width, height);
  context.fillStyle = textOn(object.color);
  context.fillText(text, x + 6 * unit, y + height / 2 + unit / 2, width - 12 * unit);
}
