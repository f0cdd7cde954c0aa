import type { Rule } from './rule.ts';

/** What Lambda itself says: its developer guide and the source of its runtime clients. A code other than 200 is its own. */
export const LAMBDA_PLATFORM: readonly Rule[] = [
  // Waited out its maximum age while the function was at its concurrency limit: it never ran.
  { name: 'lambda-throttled-until-too-old', category: 'transient', codes: ['429'] },
  {
    name: 'lambda-function-stopped',
    category: 'misconfigured',
    // An absent code is what tells it from a handler that quotes the text.
    onlyWithCodes: [null],
    types: ['ZeroReservedConcurrency'],
    phrases: ['zero reserved concurrent executions'],
  },
  { name: 'lambda-function-gone', category: 'misconfigured', codes: ['404'] },
  {
    name: 'lambda-recursion-stopped',
    category: 'defect',
    types: ['RecursiveInvocation'],
    names: ['RecursiveInvocationException'],
  },
  {
    name: 'own-timeout',
    category: 'exhausted',
    types: ['Sandbox.Timedout'],
    phrases: ['Task timed out after'],
  },
  {
    name: 'lambda-killed-for-memory',
    category: 'exhausted',
    types: ['Runtime.OutOfMemory'],
    phrases: ['Runtime exited with error: signal: killed', 'Runtime exited with error: exit status 137'],
  },
  {
    name: 'lambda-aborted',
    category: 'exhausted',
    // What V8 and the JVM do when the heap is full.
    phrases: ['Runtime exited with error: signal: aborted', 'Runtime exited with error: exit status 134'],
  },
  {
    name: 'lambda-crashed',
    category: 'defect',
    phrases: [
      'Runtime exited with error: signal: segmentation fault',
      'Runtime exited with error: signal: bus error',
      'Runtime exited with error: signal: illegal instruction',
      'Runtime exited with error: signal: bad system call',
      'Runtime exited with error: signal: floating point exception',
      'Runtime exited with error: exit status 132',
      'Runtime exited with error: exit status 139',
    ],
  },
  {
    name: 'lambda-entry-point-unusable',
    category: 'defect',
    types: ['Runtime.InvalidEntrypoint', 'Runtime.InvalidWorkingDir', 'Runtime.InvalidTaskConfig'],
    phrases: [
      'Couldn’t find valid bootstrap',
      'fork/exec /var/task/bootstrap',
      'fork/exec /var/runtime/bootstrap',
      'exec format error',
      'entrypoint requires the handler name to be the first argument',
    ],
  },
  {
    name: 'lambda-exited-by-code',
    category: 'defect',
    types: ['Runtime.NodeJsExit'],
    phrases: [
      'Runtime exited without providing a reason',
      'runtime client detected an unexpected Node.js exit code',
    ],
  },
  {
    name: 'lambda-handler-not-found',
    category: 'defect',
    types: ['Runtime.HandlerNotFound', 'Runtime.MalformedHandlerName', 'Runtime.NoSuchHandler'],
    phrases: [
      'Could not find the specified handler assembly',
      'is undefined or not exported',
      'Handler * missing on module',
      'Bad handler',
      'handler is not a function',
      'Error loading class',
      'Error loading method',
      'does not implement any of the expected handler interfaces',
      'Unable to load type',
      'Unable to find method',
    ],
  },
  {
    name: 'lambda-module-not-loaded',
    category: 'defect',
    types: ['Runtime.ImportModuleError', 'Runtime.UserCodeSyntaxError', 'Runtime.CallbackHandlerDeprecated'],
    phrases: ['Unable to import module', 'Syntax error in module'],
  },
  {
    name: 'lambda-response-too-large',
    category: 'defect',
    types: ['Function.ResponseSizeTooLarge', 'Runtime.TruncatedResponse'],
    phrases: [
      'Response payload size exceeded maximum allowed payload size',
      'Failed to post handler success response. Http response code: 413',
    ],
  },
  {
    name: 'lambda-response-not-json',
    category: 'defect',
    types: ['Runtime.MarshalError'],
    phrases: [
      'Unable to marshal response',
      'is not JSON serializable',
      'Converting circular structure to JSON',
    ],
  },
  {
    name: 'lambda-key-unusable',
    category: 'misconfigured',
    names: [
      'KMSAccessDeniedException',
      'KMSDisabledException',
      'KMSInvalidStateException',
      'KMSNotFoundException',
    ],
    phrases: ['Lambda was unable to decrypt the environment variables'],
  },
  {
    name: 'lambda-network-unusable',
    category: 'misconfigured',
    names: [
      'EC2AccessDeniedException',
      'ENILimitReachedException',
      'InvalidSecurityGroupIDException',
      'InvalidSubnetIDException',
      'SubnetIPAddressLimitReachedException',
    ],
    phrases: [
      'The Security Group ID provided in the Lambda function configuration is invalid',
      'The Subnet ID provided in the Lambda function configuration is invalid',
    ],
  },
  {
    name: 'lambda-file-system-slow',
    category: 'transient',
    names: ['EFSMountTimeoutException', 'EFSIOException'],
    phrases: ['due to mount time out'],
  },
  {
    name: 'lambda-file-system-unusable',
    category: 'misconfigured',
    names: ['EFSMountConnectivityException', 'EFSMountFailureException'],
    phrases: [
      'permission denied, open /mnt',
      'permission denied, mkdir /mnt',
      'permission denied, unlink /mnt',
      'permission denied, scandir /mnt',
      'Errno 13 Permission denied: /mnt',
      "couldn't connect to the Amazon EFS file system",
      'could not mount the EFS file system',
    ],
  },
  {
    name: 'lambda-not-ready',
    category: 'transient',
    names: [
      'EC2ThrottledException',
      'EC2UnexpectedException',
      'ResourceNotReadyException',
      'SnapStartNotReadyException',
      'SnapStartTimeoutException',
    ],
    phrases: [
      'The function is currently in the following state: Pending',
      'Lambda was throttled while',
      'Lambda is initializing your function',
    ],
  },
  {
    name: 'lambda-package-unusable',
    category: 'defect',
    names: ['InvalidRuntimeException', 'InvalidZipFileException', 'SnapStartException'],
    phrases: ['Lambda was unable to unzip the deployment package', 'Could not unzip uploaded file'],
  },
  {
    name: 'lambda-role-unusable',
    category: 'misconfigured',
    phrases: ['The role defined for the function cannot be assumed by Lambda'],
  },
  {
    // The code's own exit status says that something went wrong, and nothing of what.
    name: 'lambda-exited-with-status',
    category: 'unknown',
    types: ['Runtime.ExitError'],
    phrases: ['Runtime exited with error: exit status', 'Process exited before completing request'],
  },
];
