import { tasks } from './tasks.js';

/** The fields that all tasks have. */
const settings = ['max_tokens', 'temperature'];

/** The choice of a task and its fields, whose values stay when another task is chosen and come back. */
export class TaskForm {
  #form;
  #fields;
  #values = {};

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLElement} choices Where the tasks go.
   * @param {HTMLElement} fields Where the fields of the chosen task go.
   */
  constructor(form, choices, fields) {
    this.#form = form;
    this.#fields = fields;
    for (const task of tasks) {
      const label = document.createElement('label');
      const radio = Object.assign(document.createElement('input'), { type: 'radio', name: 'task', value: task.id });
      const name = Object.assign(document.createElement('span'), { textContent: task.name });
      radio.addEventListener('change', () => this.choose(task.id));
      label.append(radio, name);
      choices.append(label);
    }
    this.choose(tasks[0].id);
  }

  /** The chosen task. */
  get task() {
    return tasks.find(task => task.id === this.#form.elements.task.value);
  }

  /** The values of the chosen task's fields and of the settings, by name. */
  get values() {
    const own = this.task.fields.map(field => [field.name, this.#control(field.name).value.trim()]);
    return Object.fromEntries([...own, ...settings.map(name => [name, this.#control(name).value])]);
  }

  /** The first field that must be filled and is not, or that is no number; undefined if all are right. */
  get fault() {
    const field = this.task.fields.find(one => one.required && this.#control(one.name).value.trim() === '');
    if (field) {
      return { sentence: field.required, name: field.name };
    }
    const name = settings.find(one => this.#control(one).validity.badInput);
    return name && { sentence: 'That is not a number.', name };
  }

  /**
   * @param {string} id
   * @param {Record<string, string>} values Values to put into its fields.
   */
  choose(id, values = {}) {
    this.#form.elements.task.value = id;
    Object.assign(this.#values, values);
    this.#fields.replaceChildren(...this.task.fields.map(field => this.#build(field)));
    for (const name of settings) {
      this.#control(name).value = values[name] ?? this.#control(name).value;
    }
  }

  /** Puts the cursor into the field of that name, if there is one. */
  focus(name) {
    const control = this.#control(name);
    // What is folded away cannot be in focus.
    control?.closest('details')?.setAttribute('open', '');
    control?.focus();
  }

  #control(name) {
    return this.#form.elements.namedItem(name);
  }

  #build(field) {
    const label = document.createElement('label');
    let control;
    if (field.choices) {
      control = document.createElement('select');
      control.append(...field.choices.map(([value, text]) => new Option(text, value)));
    } else {
      control = Object.assign(document.createElement('input'), { type: 'text', placeholder: field.hint, autocomplete: 'off' });
      label.className = 'wide';
    }
    control.name = field.name;
    control.value = this.#values[field.name] ?? field.initial;
    control.addEventListener('input', () => (this.#values[field.name] = control.value));
    label.append(field.label, ' ', control);
    return label;
  }
}
