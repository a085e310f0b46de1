import { readEvents } from './eventStream.js';

/** Forgotten when the page is left. */
let key = '';

/** What went wrong, as a sentence to show. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {number} status The HTTP status; 0 if there was no answer.
   * @param {string | null} field The field of the request that is at fault.
   */
  constructor(message, status = 0, field = null) {
    super(message);
    this.status = status;
    this.field = field;
  }

  /** Whether the same request may succeed later. */
  get mayPass() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** Sends an API key with every request from now on. */
export function setKey(value) {
  key = value;
}

/** @returns {Promise<string[]>} Names of models, the default one in front. */
export async function listModels() {
  const response = await send('v1/models', {});
  return (await response.json()).data.map(model => model.id);
}

/**
 * Runs a task and delivers its events as they come; the last one is `done`.
 * @param {string} path
 * @param {Blob} image
 * @param {Record<string, string>} fields Empty ones are left out.
 * @param {AbortSignal} signal
 */
export async function* runTask(path, image, fields, signal) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== '') {
      form.append(name, value);
    }
  }
  form.append('stream', 'true');
  form.append('image', image, 'picture');
  const response = await send(path, { method: 'POST', body: form, signal });
  try {
    for await (const event of readEvents(response.body)) {
      if (event.name === 'error') {
        throw new ApiError(event.data.error.message, 500);
      }
      yield event;
      if (event.name === 'done') {
        return;
      }
    }
  } catch (error) {
    throw error instanceof ApiError || signal.aborted ? error : brokenOff();
  }
  throw brokenOff();
}

async function send(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, headers: key ? { Authorization: `Bearer ${key}` } : {} });
  } catch (error) {
    throw options.signal?.aborted ? error : new ApiError('The server cannot be reached.');
  }
  if (response.ok) {
    return response;
  }
  const detail = await response.json().then(body => body.error, () => null);
  throw new ApiError(detail?.message ?? `The server answered with status ${response.status}.`, response.status, detail?.param ?? null);
}

function brokenOff() {
  return new ApiError('The answer broke off: the connection to the server was lost.');
}
