// net-ipc swallows what its listeners throw, but a broken invariant of ours must end the process:
// everything that leaves the transport upwards goes through here.

export function runOutside(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
