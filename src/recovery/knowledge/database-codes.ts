/** How servers, drivers and object mappers write the codes of databases. */

/** PostgreSQL's condition names (its manual, appendix A) and what psycopg, Ruby's pg and asyncpg make of them. */
export function conditions(...names: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    const camel = camelCase(name);
    return [name, camel, `${camel}Error`];
  });
}

/**
 * SQLSTATEs as PDO, JDBC, Spring, pgx, Npgsql, Prisma and ODBC write them. One with a letter in its middle stands for
 * itself; five digits could be any number, `P0001` any product, and they count only with a word beside them.
 */
export function sqlStates(...states: readonly string[]): readonly string[] {
  return states.flatMap((state) =>
    /^(?:\d+[A-Z]|HY)/.test(state) && !state.includes(' ')
      ? [state]
      : [
          `SQLSTATE ${state}`,
          `SQL state ${state}`,
          `SqlState code ${state}`,
          `Raw query failed Code ${state}`,
          `0x80004005 ${state}`,
          `${state} Microsoft`,
        ],
  );
}

/** MySQL's and MariaDB's server and client errors, as mysql, go-sql-driver, PDO and Connector/Python number them. */
export function mysql(...numbers: readonly number[]): readonly string[] {
  return numbers.flatMap((number) => [
    `Error ${number}`,
    `errno ${number}`,
    `violation ${number}`,
    ...['HY000', '42000', '23000', '28000', '40001'].map((state) => `${number} ${state}`),
  ]);
}

/** Microsoft SQL Server's errors, as sqlcmd, SqlClient and ODBC number them. */
export function sqlServer(...numbers: readonly number[]): readonly string[] {
  return numbers.flatMap((number) => [
    `Msg ${number}`,
    `Error Number ${number}`,
    `Error ${number} Severity`,
    `SQL Server error ${number}`,
    `${number} SQLExecDirectW`,
    `${number} SQLExecute`,
    `${number} SQLDriverConnect`,
  ]);
}

/** Oracle's messages, whose text is in the language of the session, and whose number never is. */
export function oracle(...numbers: readonly number[]): readonly string[] {
  return numbers.map((number) => `ORA-${String(number).padStart(5, '0')}`);
}

/** IBM Db2's SQLCODEs, in the form of its drivers and in that of its messages; the minus sign is punctuation here. */
export function db2(...codes: readonly number[]): readonly string[] {
  return codes.flatMap((code) => [`SQLCODE ${code}`, `SQL${String(code).padStart(4, '0')}N`]);
}

/** Prisma's error codes, which alone could be the number of any product. */
export function prisma(...numbers: readonly number[]): readonly string[] {
  return numbers.flatMap((number) => [`Error P${number}`, `code P${number}`]);
}

function camelCase(name: string): string {
  return name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
