/** Ends the output with one plain line that a program can read. */
module.exports = class ClosingLineReporter {
  onRunComplete(_, { numPassedTests, numFailedTests, numRuntimeErrorTestSuites }) {
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    // After everything that jest's own reporter still has to say.
    process.once('exit', () => process.stderr.write(`\n${numPassedTests} passed, ${failed} failed\n`));
  }
};
