import type { Rule } from './rule.ts';

/** Limits of the function itself: memory, disk, descriptors, processes. */
export const LIMITS: readonly Rule[] = [
  {
    name: 'out-of-memory',
    category: 'exhausted',
    types: ['MemoryError', 'NoMemoryError', 'std::bad_alloc', 'OutOfMemoryException'],
    names: ['OutOfMemoryError', 'ENOMEM'],
    phrases: [
      'heap out of memory',
      'Java heap space',
      'GC overhead limit exceeded',
      'unable to create new native thread',
      'unable to create native thread',
      'Cannot allocate memory',
      'for an array with shape',
      'Unable to allocate memory',
      'Array buffer allocation failed',
      'failed to allocate memory',
      'runtime: out of memory',
      'memory allocation failed',
      'std::bad_alloc',
      'Insufficient memory to continue the execution of the program',
      'System.OutOfMemoryException',
      'Allowed memory size',
      'Worker terminated due to reaching memory limit',
      'ERR_WORKER_OUT_OF_MEMORY',
    ],
  },
  {
    name: 'child-killed',
    category: 'exhausted',
    // A child process that the kernel ended: nearly always for memory.
    phrases: [
      'signal: killed',
      'was killed with signal SIGKILL',
      'died with SIGKILL',
      'exited with signal SIGKILL',
    ],
  },
  {
    name: 'disk-full',
    category: 'exhausted',
    names: ['ENOSPC', 'EDQUOT'],
    phrases: [
      'No space left on device',
      'Disk quota exceeded',
      'database or disk is full',
      'There is not enough space on the disk',
    ],
  },
  {
    name: 'too-many-open-files',
    category: 'exhausted',
    names: ['EMFILE', 'ENFILE'],
    phrases: ['Too many open files', 'file descriptor limit'],
  },
  {
    name: 'too-many-processes',
    category: 'exhausted',
    phrases: [
      'spawn EAGAIN',
      'fork: Resource temporarily unavailable',
      "can't start new thread",
      'fork: retry',
    ],
  },
];
