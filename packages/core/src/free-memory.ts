/**
 * Gives the memory of an array back at once; the array is empty afterwards, as is every other view of its buffer. It must not be
 * shared between threads, nor be WebAssembly's.
 *
 * Without it, memory outside of JavaScript's own waits for the garbage collector, and V8 looks through the whole heap,
 * beside whatever else the processors have to do, for each 32 MB of it: the logits of 50 steps, or of 6 with 8 rows.
 */
export function freeMemory(array: ArrayBufferView): void {
  const buffer = array.buffer as ArrayBuffer & { transfer?(length: number): ArrayBuffer };
  if (buffer.transfer !== undefined) buffer.transfer(0);
  else nowhere().postMessage(undefined, [buffer]);
}

let closed: MessagePort | undefined;

/**
 * A port that drops what is sent to it, and whatever is handed over with it: for Node.js 20 and browsers of before 2024, which have
 * no `ArrayBuffer.prototype.transfer`.
 */
function nowhere(): MessagePort {
  if (closed === undefined) {
    const { port1, port2 } = new MessageChannel();
    port2.close();
    closed = port1;
  }
  return closed;
}
