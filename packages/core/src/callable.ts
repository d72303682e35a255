/**
 * Base of the classes whose instances can be called like Python's: `await processor({ text, images })`.
 *
 * The constructor returns a function whose prototype is the class's, so that fields, methods and `instanceof` work on it
 * as on any instance. A subclass declares `interface Sub { (…args): Result }` and implements `_call`.
 */
export abstract class Callable<Arguments extends unknown[], Result> {
  constructor() {
    const instance = ((...args: Arguments) =>
      (instance as unknown as Callable<Arguments, Result>)._call(...args)) as unknown as this;
    // biome-ignore lint/correctness/noConstructorReturn: the function is the instance.
    return Object.setPrototypeOf(instance, new.target.prototype);
  }

  /** What calling the instance does. */
  abstract _call(...args: Arguments): Result;
}
