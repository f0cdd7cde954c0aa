import { wordsOf } from './words.ts';

/**
 * Error classes that say that something failed, and nothing of what: what they wrap says it. Those at the end stand for
 * whatever a promise was rejected with, or a class was made with. Source: the class libraries of the runtimes.
 */
const WRAPPERS: ReadonlySet<string> = new Set(
  [
    'Error',
    'Exception',
    'RuntimeError',
    'RuntimeException',
    'StandardError',
    'SystemException',
    'ApplicationException',
    'Throwable',
    'AggregateError',
    'AggregateException',
    'BaseExceptionGroup',
    'CompletionException',
    'ExceptionGroup',
    'ExecutionException',
    'InvocationTargetException',
    'NestedServletException',
    'PrivilegedActionException',
    'ServletException',
    'TargetInvocationException',
    'UncheckedExecutionException',
    'UncheckedIOException',
    'UndeclaredThrowableException',
    'UndeclaredThrowable',
    'Unhandled',
    'Runtime.UnhandledPromiseRejection',
    'ExceptionInInitializerError',
    'TypeInitializationException',
  ].flatMap((name) => wordsOf(name).slice(-1)),
);

/** What Go's `fmt.Errorf` makes with `%w`: its text is the wrapper's own, a colon, and that of the wrapped error. */
const GO_WRAPPER = /(?:^|\.)wrapError$/;

/** Whether the class says nothing by itself; packages, modules and Ruby's `Function<…>` around its name do not matter. */
export function isWrapper(type: string | null): boolean {
  return WRAPPERS.has(wordsOf(type ?? '').at(-1) ?? '');
}

/** Whether the class is the one that Go wraps an error in. */
export function isGoWrapper(type: string | null): boolean {
  return type !== null && GO_WRAPPER.test(type);
}
