export type InterruptAction = "stop-answer" | "warn" | "quit";

/** What Ctrl-C means in a chat: the first stops the answer or says how to quit, the second in a row quits. */
export class Interrupts {
  #armed = false;

  press(answering: boolean): InterruptAction {
    if (this.#armed) return "quit";
    this.#armed = true;
    return answering ? "stop-answer" : "warn";
  }

  /** The person did something else meanwhile. */
  reset(): void {
    this.#armed = false;
  }
}
