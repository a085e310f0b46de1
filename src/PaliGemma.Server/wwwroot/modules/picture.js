/** What the server reads as it is; other pictures that the browser can show are sent as PNG. */
const understood = ['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/bmp'];

const thumbnailSide = 104;

/** A picture as it is shown and sent. */
export class Picture {
  /**
   * @param {Blob} blob What is sent.
   * @param {HTMLImageElement} image The picture, upright, loaded from a blob URL.
   * @param {string} name What people call it.
   */
  constructor(blob, image, name) {
    Object.assign(this, { blob, image, name });
  }

  get url() {
    return this.image.src;
  }

  get width() {
    return this.image.naturalWidth;
  }

  get height() {
    return this.image.naturalHeight;
  }

  /**
   * @param {Blob} blob
   * @param {string} name
   * @throws {Error} With a sentence to show.
   */
  static async load(blob, name) {
    const image = await show(blob, name);
    if (understood.includes(blob.type)) {
      return new Picture(blob, image, name);
    }
    const canvas = draw(image, image.naturalWidth, image.naturalHeight);
    const png = await new Promise(resolve => canvas.toBlob(resolve, 'image/png'));
    URL.revokeObjectURL(image.src);
    return new Picture(png, await show(png, name), name);
  }

  /** A small JPEG of the whole picture, as a data URL. */
  thumbnail() {
    const scale = Math.min(1, thumbnailSide / Math.max(this.width, this.height));
    return draw(this.image, Math.max(1, this.width * scale), Math.max(1, this.height * scale)).toDataURL('image/jpeg', 0.7);
  }
}

async function show(blob, name) {
  const image = new Image();
  image.src = URL.createObjectURL(blob);
  try {
    await image.decode();
  } catch {
    URL.revokeObjectURL(image.src);
    throw new Error(`${name} is not a picture that this browser can show.`);
  }
  return image;
}

function draw(image, width, height) {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}
