/** What the stack tells its functions. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variable's value. Throws, naming it, when the stack has not set it. */
export function required(environment: Environment, name: string): string {
  const value = environment[name];
  if (value === undefined || value === '') {
    throw new Error(`the environment variable ${name} is not set: deploy the function with its stack`);
  }
  return value;
}
