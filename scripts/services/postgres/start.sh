# sh -c "$(cat start.sh)" postgres BIN PORT FOLDER [OPTION…]: one server without a password on 127.0.0.1.
# It ends as the server itself, by exec: a signal for the noted process must reach the server and nothing else.
set -eu
bin=$1 port=$2 folder=$3 as=
shift 3
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
  chown nobody "$folder"
  as="setpriv --reuid=nobody --regid=$(id -g nobody) --clear-groups"
fi
cd "$folder"
if [ ! -d pg ]; then # whole or not there
  rm -rf pg.new
  $as "$bin/initdb" -D pg.new -U postgres -A trust -E UTF8 --locale=C --no-sync --no-instructions
  mv pg.new pg
fi
# Without fsync, what was committed still outlives a kill -9 of the server; only the machine may not crash.
exec $as "$bin/postgres" -D pg -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
  -c max_connections=200 -c fsync=off -c full_page_writes=off "$@"
