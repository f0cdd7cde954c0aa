import type { Rule } from './rule.ts';

/**
 * The numbers and names of what the operating system refuses (errno.h, as Linux numbers it), for texts that are in the language of the
 * machine. Last in the order: wherever anything else is said, it says more.
 */
export const SYSTEM_CALLS: readonly Rule[] = [
  {
    name: 'system-limit-reached',
    category: 'exhausted',
    names: ['EFBIG', 'ENOBUFS', 'ENOSR'],
    phrases: [
      ...numbered(27, 105),
      'OSError 12',
      'OSError 24',
      'OSError 28',
      'No buffer space available',
      'WinError 112',
    ],
  },
  {
    name: 'system-call-try-later',
    category: 'transient',
    names: [
      'EAGAIN',
      'EBUSY',
      'EDEADLK',
      'EDEADLOCK',
      'EINTR',
      'ENOLCK',
      'EREMOTEIO',
      'ESTALE',
      'EWOULDBLOCK',
      'InterruptedError',
      'BlockingIOError',
    ],
    phrases: [
      ...numbered(4, 5, 11, 16, 32, 35, 37, 99, 100, 101, 103, 104, 107, 108, 110, 111, 112, 113, 116, 121),
      'Stale file handle',
      'Stale NFS file handle',
      'Device or resource busy',
      'resource busy or locked',
      'Interrupted system call',
      'Input/output error',
      'No locks available',
      'Resource deadlock avoided',
      'Resource deadlock would occur',
      'Text file busy',
      'Operation would block',
      'The process cannot access the file because it is being used by another process',
      'WinError 32',
    ],
  },
  {
    name: 'system-call-refused',
    category: 'defect',
    names: [
      'EADDRINUSE',
      'EAFNOSUPPORT',
      'EALREADY',
      'EBADF',
      'EDESTADDRREQ',
      'EFAULT',
      'EINVAL',
      'EISCONN',
      'ELOOP',
      'EMLINK',
      'ENODEV',
      'ENOEXEC',
      'ENOTSOCK',
      'ENOTSUP',
      'ENOSYS',
      'ENOTTY',
      'ENXIO',
      'EOPNOTSUPP',
      'EPFNOSUPPORT',
      'EPROTONOSUPPORT',
      'EPROTOTYPE',
      'ERANGE',
      'ESPIPE',
      'ETXTBSY',
      'ECHILD',
      'ESRCH',
    ],
    phrases: [
      ...numbered(1, 2, 8, 9, 13, 14, 17, 18, 20, 21, 22, 25, 29, 30, 36, 38, 39, 40, 88, 95, 97, 98, 106),
      'Bad file descriptor',
      'Function not implemented',
      'Address already in use',
      'Operation not supported',
      'Inappropriate ioctl for device',
      'Illegal seek',
      'Too many levels of symbolic links',
      'Directory not empty',
      'WinError 2',
      'WinError 3',
      'WinError 5',
    ],
  },
];

/** As Python, Node.js, Rust and .NET write the number; its sign, where there is one, is punctuation. */
function numbered(...numbers: readonly number[]): readonly string[] {
  return numbers.flatMap((number) => [
    `Errno ${number}`,
    `os error ${number}`,
    `OSError ${number}`,
    `SocketException ${number}`,
  ]);
}
