import { AnswerView } from './answerView.js';
import { ApiError, listModels, runTask, setKey } from './api.js';
import { showExamples } from './examples.js';
import { History } from './history.js';
import { showHistory } from './historyList.js';
import { Picture } from './picture.js';
import { takePictures } from './pictureInput.js';
import { Stage } from './stage.js';
import { TaskForm } from './taskForm.js';

const part = id => document.getElementById(id);
const form = new TaskForm(part('task'), part('tasks'), part('fields'));
const stage = new Stage(document);
const view = new AnswerView(document, stage);
const history = new History();

/** The picture to ask about; null if there is none. */
let picture = null;

/** The picture that was chosen last, while the browser reads it; null when it has. */
let loading = null;

/** The last whole answer; null while there is none. */
let answer = null;

/** Stops the request that is running; null if none is. */
let running = null;

/**
 * Shows a picture, to be asked about.
 * @param {Blob | Promise<Blob>} blob
 * @param {string} name
 * @returns {Promise<boolean>} Whether it is the picture to ask about now.
 */
async function usePicture(blob, name) {
  showError(null);
  const chosen = (loading = Promise.resolve(blob).then(file => Picture.load(file, name)));
  try {
    const loaded = await chosen;
    if (loading !== chosen) {
      // Another one was chosen meanwhile.
      return false;
    }
    running?.abort();
    picture = loaded;
  } catch (error) {
    if (loading === chosen) {
      showError(error);
    }
    return false;
  } finally {
    if (loading === chosen) {
      loading = null;
    }
  }
  answer = null;
  view.hide();
  showPicture();
  return true;
}

function showPicture() {
  stage.show(picture.url, picture.width, picture.height);
  part('about-picture').textContent = `${picture.name} · ${picture.width} × ${picture.height}`;
}

async function ask() {
  while (loading) {
    // The question is about the picture that was chosen last, also where reading it takes longer than asking.
    const isThere = await loading.then(() => true, () => false);
    if (!isThere || running) {
      return;
    }
  }
  const fault = form.fault;
  if (picture === null) {
    showError(new Error('Choose a picture first.'));
    part('choose').focus();
    return;
  }
  if (fault) {
    showError(new Error(fault.sentence));
    form.focus(fault.name);
    return;
  }
  const asked = { task: form.task.id, values: form.values };
  const subject = picture;
  const controller = (running = new AbortController());
  answer = null;
  showError(null);
  view.hide();
  stage.clear(subject.width, subject.height);
  setRunning(true);
  const watch = watchTime();
  try {
    const fields = { ...asked.values, model: part('model').value };
    for await (const { name, data } of runTask(form.task.path, subject.blob, fields, controller.signal)) {
      switch (name) {
        case 'start':
          stage.clear(data.width, data.height);
          view.begin(data.prompt);
          break;
        case 'text':
          view.addText(data.text);
          break;
        case 'object':
          view.addObject(data);
          break;
        case 'done':
          answer = data;
          break;
      }
    }
    view.end(answer, true);
    history.add({ ...asked, answer }, subject);
    refreshHistory();
    // Where the page is one column, the answer may be out of sight.
    part(view.objectCount > 0 ? 'frame' : 'answer').scrollIntoView({ block: 'nearest' });
    watch.stop(view.objectCount > 0 ? `${view.objectCount === 1 ? '1 object' : `${view.objectCount} objects`} found.` : 'Done.');
  } catch (error) {
    view.stop();
    watch.stop(controller.signal.aborted ? 'Stopped.' : '');
    if (!controller.signal.aborted) {
      showError(error);
    }
  } finally {
    if (running === controller) {
      running = null;
      setRunning(false);
    }
  }
}

/** Says how long it has taken, each second: the first word of a large model can take a while. */
function watchTime() {
  const start = performance.now();
  const tell = () => {
    const seconds = Math.floor((performance.now() - start) / 1000);
    part('status').textContent = seconds === 0 ? 'Looking…' : `Looking… ${seconds} s`;
  };
  tell();
  const timer = setInterval(tell, 1000);
  return {
    stop(sentence) {
      clearInterval(timer);
      part('status').textContent = sentence;
    },
  };
}

function setRunning(isRunning) {
  part('run').textContent = isRunning ? 'Stop' : 'Ask';
  part('run').classList.toggle('running', isRunning);
}

/**
 * @param {Error | null} error
 * @param {() => void} repeat Does again what went wrong.
 */
function showError(error, repeat = () => part('task').requestSubmit()) {
  const place = part('error');
  place.hidden = error === null;
  place.textContent = error?.message ?? '';
  if (!(error instanceof ApiError)) {
    return;
  }
  if (error.status === 401) {
    part('key-place').hidden = false;
    part('key').focus();
  } else if (error.mayPass) {
    const again = Object.assign(document.createElement('button'), { type: 'button', className: 'link', textContent: 'Try again' });
    again.addEventListener('click', repeat);
    place.append(again);
  } else if (error.field) {
    form.focus(error.field);
  }
}

async function showModels() {
  try {
    const models = await listModels();
    part('model').replaceChildren(...models.map(name => new Option(name)));
    part('model-choice').hidden = models.length < 2;
  } catch (error) {
    showError(error, () => {
      showError(null);
      showModels();
    });
  }
}

/** Chooses a model, if it is still there. */
function chooseModel(name) {
  if ([...part('model').options].some(option => option.value === name)) {
    part('model').value = name;
  }
}

function refreshHistory() {
  part('history-place').hidden = history.entries.length === 0;
  showHistory(part('history'), history.entries, recall);
}

function recall(entry) {
  running?.abort();
  loading = null;
  showError(null);
  part('status').textContent = '';
  picture = history.pictureOf(entry) ?? null;
  answer = entry.answer;
  form.choose(entry.task, entry.values);
  chooseModel(answer.model);
  if (picture) {
    showPicture();
  } else {
    stage.show(entry.thumbnail, answer.width, answer.height, true);
    part('about-picture').textContent = 'A thumbnail; the picture itself was not kept. Choose it anew to ask more.';
  }
  stage.clear(answer.width, answer.height);
  view.begin(answer.prompt);
  view.addText(answer.text);
  answer.objects.forEach(found => view.addObject(found));
  view.end(answer, picture !== null);
}

async function fetchExample(url) {
  try {
    const response = await fetch(url);
    return await response.blob();
  } catch {
    throw new Error('The server cannot be reached.');
  }
}

function save(blob, name) {
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(blob), download: name });
  link.click();
  // Not at once: the browser has only begun to read it.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

part('task').addEventListener('submit', event => {
  event.preventDefault();
  if (running) {
    running.abort();
  } else {
    ask();
  }
});
part('key').addEventListener('change', () => {
  setKey(part('key').value);
  showError(null);
  showModels();
});
part('save-picture').addEventListener('click', async () => save(await stage.save(), 'picture.png'));
part('save-json').addEventListener('click', () => save(new Blob([JSON.stringify(answer, null, 2)], { type: 'application/json' }), 'answer.json'));
part('copy-text').addEventListener('click', async () => {
  const isCopied = await navigator.clipboard.writeText(answer.text).then(() => true, () => false);
  part('status').textContent = isCopied ? 'Copied.' : 'The browser does not allow it.';
});
part('forget').addEventListener('click', () => {
  history.clear();
  refreshHistory();
});

takePictures(document, file => usePicture(file, file.name || 'The picture'));
showExamples(part('examples'), async (example, url) => {
  form.choose(example.task, example.values);
  if (await usePicture(fetchExample(url), example.name)) {
    part('run').focus();
  }
});
refreshHistory();
showModels();
