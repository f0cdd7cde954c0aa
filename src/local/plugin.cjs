/**
 * Plugin of the Serverless Framework: `sls invoke local --stage local` gets a local AWS of its own, brought up from the
 * packaged stack and taken down afterwards. Other stages and commands are left alone.
 */
const LOCAL_STAGE = 'local';
const LEAST_NODE_MAJOR = 24;

module.exports = class LocalAwsPlugin {
  constructor(serverless, options) {
    this.serverless = serverless;
    this.options = options;
    this.hooks = {
      'before:invoke:local:loadEnvVars': () => this.up(),
      'after:invoke:local:invoke': () => this.down(),
      finalize: () => this.down(),
    };
  }

  async up() {
    if (this.serverless.getProvider('aws').getStage() !== LOCAL_STAGE) return;
    const major = Number(process.versions.node.split('.')[0]);
    if (major < LEAST_NODE_MAJOR) {
      throw new this.serverless.classes.Error(
        `invoke local needs Node ${LEAST_NODE_MAJOR}, this is ${process.versions.node}: run "npx sls invoke local ..." in this folder, which uses the project's own`,
      );
    }
    const { prepareInvocation } = await import('./invoke-local.ts');
    this.invocation = await prepareInvocation(LOCAL_STAGE, this.options.data);
    this.options.data = this.invocation.event;
    Object.assign(process.env, this.invocation.environment);
  }

  async down() {
    const { invocation } = this;
    this.invocation = undefined;
    await invocation?.stop();
  }
};
