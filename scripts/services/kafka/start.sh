# sh -c "$(cat start.sh)" kafka LIBS PORT CONTROLLER_PORT FOLDER: one broker that is its own controller (KRaft).
# It ends as the broker itself, by exec: a signal for the noted process must reach the broker and nothing else.
set -eu
libs=$1 port=$2 controller=$3 folder=$4
cat > "$folder/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs=$folder/logs
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.retention.bytes=268435456
PROPERTIES
options="-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xms64m -Xmx512m -Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
if [ ! -f "$folder/logs/meta.properties" ]; then
  java $options -cp "$libs/*" kafka.tools.StorageTool format -t MkU3OEVBNTcwNTJENDM2Qg -c "$folder/server.properties"
fi
exec java $options -cp "$libs/*" kafka.Kafka "$folder/server.properties"
