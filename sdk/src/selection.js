/** The switches' state: a draft until it is saved. */
export class Selection {
  /** @type {(() => void)[]} */
  #watchers = [];

  /** @param {Choices} choices It follows the switches; it inherits nothing. */
  constructor(choices) {
    this.choices = choices;
  }

  /** Whether all of these are on; necessary services always are. @param {Service[]} services */
  isOn(services) {
    return services.every(({slug, defaultConsent}) => defaultConsent || this.choices[slug] === true);
  }

  /** Switch all on, or all off if they were on. @param {Service[]} services */
  flip(services) {
    const choice = !this.isOn(services);
    for (const {slug} of services) this.choices[slug] = choice;
    for (const watcher of this.#watchers) watcher();
  }

  /** Call the watcher now and at every change. @param {() => void} watcher */
  watch(watcher) {
    this.#watchers.push(watcher);
    watcher();
  }
}
