/** Runs a program: its result is the exit code, its errors are one line and exit code 1. */
export async function runProgram(body: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await body();
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
