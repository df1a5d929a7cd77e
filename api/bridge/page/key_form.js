/** Asks for a client key when the bridge wants one. */

export class KeyForm {
  /**
   * @param {HTMLFormElement} form  with an input `key` and an element for a problem
   * @param {(key: string) => void} use
   */
  constructor(form, use) {
    this.form = form;
    this.input = form.elements.namedItem("key");
    this.problem = form.querySelector(".problem");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const key = this.input.value.trim();
      if (key) use(key);
    });
  }

  draw({ name, problem }) {
    const wasHidden = this.form.hidden;
    if (name === "live") this.input.value = "";
    if (name !== "connecting") this.form.hidden = name !== "locked";
    if (this.form.hidden) return;
    this.problem.textContent = problem ?? "";
    this.input.setAttribute("aria-invalid", Boolean(problem));
    if (name === "locked") {
      if (problem) this.input.select();
      if (wasHidden || problem) this.input.focus();
    }
  }
}
