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
    'ApplicationError',
    'AppError',
    'CustomError',
    'Throwable',
    'AggregateError',
    'AggregateException',
    'AsyncRequestException',
    'BaseExceptionGroup',
    'BeanCreationException',
    'BeanInstantiationException',
    'CamelExecutionException',
    'CompletionException',
    'DbUpdateException',
    'EJBException',
    'ExceptionGroup',
    'ExecutionException',
    'GenericJDBCException',
    'HandlerException',
    'InvocationTargetException',
    'JobExecutionException',
    'ListenerExecutionFailedException',
    'MessageHandlingException',
    'MultiError',
    'MultiException',
    'NestedError',
    'NestedServletException',
    'NonError',
    'PersistenceException',
    'PrivilegedActionException',
    'ProvisionException',
    'ReactiveException',
    'RollbackException',
    'RuntimeCamelException',
    'ServletException',
    'TargetInvocationException',
    'TransactionSystemException',
    'UncheckedExecutionException',
    'UncheckedIOException',
    'UndeclaredThrowableException',
    'UndeclaredThrowable',
    'Unhandled',
    'UnhandledException',
    'UnhandledRejection',
    'UnsatisfiedDependencyException',
    'VError',
    'WError',
    'Runtime.UnhandledPromiseRejection',
    'ExceptionInInitializerError',
    'TypeInitializationException',
  ].flatMap((name) => wordsOf(name).slice(-1)),
);

/**
 * What Go's `fmt.Errorf` makes with `%w`, and the package `pkg/errors`: the text is the wrapper's own, a colon, and that of
 * the wrapped error.
 */
const GO_WRAPPER = /(?:^|\.)(?:wrapErrors?|withMessage|withStack)$/;

/** Whether the class says nothing by itself; packages, modules and Ruby's `Function<…>` around its name do not matter. */
export function isWrapper(type: string | null): boolean {
  return WRAPPERS.has(wordsOf(type ?? '').at(-1) ?? '');
}

/** Whether the class is the one that Go wraps an error in. */
export function isGoWrapper(type: string | null): boolean {
  return type !== null && GO_WRAPPER.test(type);
}
