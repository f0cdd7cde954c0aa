/** The TypeScript parts of the packaging, for the framework's CommonJS doors. They need a Node that reads TypeScript. */

const LEAST_NODE_MAJOR = 24;

/** Loads a module below src/. Rejects with what to do when an older Node runs the framework. */
module.exports.load = async (path) => {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < LEAST_NODE_MAJOR) {
    throw new Error(
      `packaging needs Node ${LEAST_NODE_MAJOR}, this is ${process.versions.node}: run "npx sls ..." in this folder, which uses the project's own`,
    );
  }
  return import(`../src/${path}`);
};
