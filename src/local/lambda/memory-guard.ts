import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 10;
const PAGE_BYTES = 4096; // of both architectures that the pinned Node runs on

/**
 * Calls back once when a process holds more memory than a function may, heap and buffers alike. Looks from outside, so a
 * busy event loop hides nothing. Gives the way to stop looking. Where there is no /proc, memory is not limited.
 */
export function guardMemory(pid: number, megabytes: number, onTooMuch: () => void): () => void {
  const timer = setInterval(() => {
    if (residentBytes(pid) <= megabytes * 1024 * 1024) return;
    clearInterval(timer);
    onTooMuch();
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function residentBytes(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
  } catch {
    return 0; // it has just ended, or this is no Linux
  }
}
