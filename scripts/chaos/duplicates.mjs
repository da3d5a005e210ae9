// @ts-check
/**
 * Options for MongooseModule.forRoot that tell of the server's duplicate-key replies. By
 * `connectionFactory`, as `onConnectionCreate` is not called for a lazy connection.
 * @param tell called with how many one reply has
 */
export function countDuplicates(tell) {
  return {
    monitorCommands: true,
    connectionFactory: (connection) => {
      connection.on('connected', () => {
        connection.getClient().on('commandSucceeded', ({ reply }) => {
          const duplicates = (reply?.writeErrors ?? []).filter(({ code }) => code === 11000).length;
          if (duplicates > 0) tell(duplicates);
        });
      });
      return connection;
    },
  };
}
