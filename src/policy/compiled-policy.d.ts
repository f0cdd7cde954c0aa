/** The policy of the stage that is packaged, compiled into the bundle by `config/esbuild-plugins.cjs`. */
declare module 'compiled-policy' {
  export const policy: import('../recovery/policy.ts').CompiledPolicy;
}
